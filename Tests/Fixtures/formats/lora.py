"""Small LoRA files for `../pipeline/sd1` and `../pipeline/sdxl`, and diffusers' pictures with them merged: lora-*.

    python lora.py

peft: what diffusers saves now. kohya: flattened names, alphas, convolutions, in the original layout for SDXL. old: what
diffusers saved at first.
"""

import json
import pathlib

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parent / "pipeline"
UNET = [
    "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k",
    "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0", "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj",
    "up_blocks.1.attentions.0.proj_in"]
CONV = ["down_blocks.1.resnets.0.conv1", "up_blocks.0.upsamplers.0.conv", "down_blocks.0.resnets.0.time_emb_proj"]
# With q_proj and without out_proj, diffusers would pass over the former.
TEXT = ["encoder.layers.0.self_attn.q_proj", "encoder.layers.0.self_attn.out_proj", "encoder.layers.1.mlp.fc2"]
# The same modules of SDXL's network in the two layouts.
XL = {
    "down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_v": "input_blocks_3_1_transformer_blocks_1_attn1_to_v",
    "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0": "middle_block_1_transformer_blocks_0_attn2_to_out_0",
    "up_blocks.0.attentions.1.transformer_blocks.0.ff.net.2": "output_blocks_1_1_transformer_blocks_0_ff_net_2"}


def factors(module, rank, generator):
    weight = module.weight
    down = torch.randn(rank, *weight.shape[1:], generator=generator) / weight[0].numel() ** 0.5
    up = torch.randn(weight.shape[0], rank, *[1] * (weight.ndim - 2), generator=generator) * 0.5
    return down.half(), up.half()


def text(pipeline, name="text_encoder"):
    model = getattr(pipeline, name)
    return model.text_model if hasattr(model, "text_model") else model


def files(pipeline, xl_pipeline):
    generator = torch.Generator().manual_seed(3)
    peft, kohya, old, xl = {}, {}, {}, {}
    for name in UNET:
        down, up = factors(pipeline.unet.get_submodule(name), 2, generator)
        peft[f"unet.{name}.lora_A.weight"], peft[f"unet.{name}.lora_B.weight"] = down, up
    for name in TEXT:
        down, up = factors(text(pipeline).get_submodule(name), 2, generator)
        peft[f"text_encoder.text_model.{name}.lora_A.weight"] = down
        peft[f"text_encoder.text_model.{name}.lora_B.weight"] = up
    for index, name in enumerate(UNET + CONV):
        down, up = factors(pipeline.unet.get_submodule(name), 1 + index % 3, generator)
        flat = "lora_unet_" + name.replace(".", "_")
        kohya[f"{flat}.lora_down.weight"], kohya[f"{flat}.lora_up.weight"] = down, up
        kohya[f"{flat}.alpha"] = torch.tensor(1.5)
    for name in TEXT:
        down, up = factors(text(pipeline).get_submodule(name), 2, generator)
        flat = "lora_te_text_model_" + name.replace(".", "_")
        kohya[f"{flat}.lora_down.weight"], kohya[f"{flat}.lora_up.weight"] = down, up
        kohya[f"{flat}.alpha"] = torch.tensor(1.0)
    for name in UNET[:3]:
        down, up = factors(pipeline.unet.get_submodule(name), 2, generator)
        block, part = name.removesuffix(".0").rsplit(".", 1)
        old[f"unet.{block}.processor.{part}_lora.down.weight"], old[f"unet.{block}.processor.{part}_lora.up.weight"] = down, up
    for name, flat in XL.items():
        down, up = factors(xl_pipeline.unet.get_submodule(name), 2, generator)
        xl[f"lora_unet_{flat}.lora_down.weight"], xl[f"lora_unet_{flat}.lora_up.weight"] = down, up
        xl[f"lora_unet_{flat}.alpha"] = torch.tensor(4.0)
    for part, name in [("te1", "text_encoder"), ("te2", "text_encoder_2")]:
        for module in TEXT:
            down, up = factors(text(xl_pipeline, name).get_submodule(module), 2, generator)
            flat = f"lora_{part}_text_model_" + module.replace(".", "_")
            xl[f"{flat}.lora_down.weight"], xl[f"{flat}.lora_up.weight"] = down, up
            xl[f"{flat}.alpha"] = torch.tensor(2.0)
    for name, tensors in [("peft", peft), ("kohya", kohya), ("old", old), ("xl", xl)]:
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, HERE / f"lora-{name}.safetensors")


def load(model):
    kind = StableDiffusionXLPipeline if model == "sdxl" else StableDiffusionPipeline
    extra = dict(add_watermarker=False) if model == "sdxl" else dict(safety_checker=None)
    pipeline = kind.from_pretrained(MODELS / model, torch_dtype=torch.float32, **extra)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def main():
    torch.set_num_threads(1)
    files(load("sd1"), load("sdxl"))
    cases = [
        dict(model="sd1", loras=[["peft", 1.0]]), dict(model="sd1", loras=[["kohya", 0.7]]),
        dict(model="sd1", loras=[["old", -0.5]]), dict(model="sd1", loras=[["peft", 0.6], ["kohya", 0.4]]),
        dict(model="sdxl", loras=[["xl", 0.8]])]
    for index, case in enumerate(cases):
        pipeline = load(case["model"])
        case |= dict(prompt="a girl reading a book", guidance=4.0, seed=index, steps=4, expected=f"lora-{index}.png")
        for name, scale in case["loras"]:
            pipeline.load_lora_weights(str(HERE / f"lora-{name}.safetensors"), adapter_name=name)
            pipeline.fuse_lora(lora_scale=scale, adapter_names=[name])
            pipeline.unload_lora_weights()
        pipeline(
            case["prompt"], guidance_scale=case["guidance"], num_inference_steps=case["steps"], width=64, height=64,
            generator=torch.Generator().manual_seed(case["seed"])).images[0].save(HERE / case["expected"])
    (HERE / "lora.json").write_text(json.dumps(cases, indent=2) + "\n")


if __name__ == "__main__":
    main()
