"""Draws a contact sheet from an exported folder with diffusers and transformers, in fp32.

    python sample.py --model FOLDER --llm FILE.gguf --out SHEET.png [--prompts FILE] [--steps 30]

Shares no code with the training: it reads only the folder, as the engine does, and so checks the export.
Every prompt gets the same seed, and the noise of a picture drawn alone; nothing is picked.
"""

import argparse
import json
import os

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from PIL import Image, ImageDraw
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

# In the training captions, and held out of them (wording.py), word for word.
SEEN = """a girl reading
a red car
a cat
a house with a tree
a smiling sun
a boat on the sea
two apples
a dog wearing a hat
a dog
a house
an apple
a tree
a flower
a fish
a bird
a horse
a robot
a rocket
a butterfly
a castle
a man
a woman
a boy reading a book
a blue car
a green apple
a yellow flower
a pink star
a banana
a heart
a moon
a cake
a smiling face""".split("\n")
UNSEEN = """an illustration of a cat
clip art of a dog
please draw a house for me
a simple image of a ship
an illustration of a fox
clip art of an elephant
please draw a guitar for me
a simple image of a snowman
an illustration of a mushroom
clip art of an owl
a purple car
a pink house
a blue apple
a yellow umbrella
a red bird
a purple heart
a green balloon
a blue flower
a cat wearing a hat
a boy wearing a hat
a panda wearing a hat
a princess reading
a rabbit reading a book
a bear reading
two dogs
two cars
three apples
two fish
an apple and a banana
a dog and a ball
a bird above a house
a robot and a flower""".split("\n")


def connector(folder):
    """(config, tensors) → a function from the language model's states to conditioning."""
    config, tensors = json.load(open(f"{folder}/config.json")), load_file(f"{folder}/model.safetensors")
    tensors = {k: v.float() for k, v in tensors.items()}
    layer = nn.TransformerEncoderLayer(config["hidden_size"], config["heads"], config["ffn_size"], 0, "gelu", batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, config["encoder_layers"], enable_nested_tensor=False).eval()
    encoder.load_state_dict({k[len("encoder."):]: v for k, v in tensors.items() if k.startswith("encoder.")})

    def apply(states):
        x = nn.functional.linear(states, tensors["in_proj.weight"], tensors["in_proj.bias"]) + tensors["position"]
        x = nn.functional.layer_norm(encoder(x), x.shape[-1:], tensors["norm.weight"], tensors["norm.bias"])
        return nn.functional.linear(x, tensors["out_proj.weight"], tensors["out_proj.bias"])

    return config, tensors, apply


def llm_states(gguf, template, signals, prompts, dtype):
    folder, file = os.path.split(gguf)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).to(dtype).eval()
    found = []
    for prompt in prompts:
        ids = tokenizer(template.split("{signals}")[0].replace("{prompt}", prompt), add_special_tokens=False, return_tensors="pt").input_ids
        embedded = torch.cat([model.get_input_embeddings()(ids), signals[None].to(dtype)], 1)
        found.append(model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state[:, -len(signals):].float())
    return torch.cat(found)


@torch.no_grad()
def draw(model, gguf, prompts, steps, scale, seed, rounded=False):
    """(n, H, W, 3) bytes; `rounded` lets language model and denoiser compute in bf16, which is faster and draws nearly the same."""
    config, tensors, apply = connector(f"{model}/projector")
    states = llm_states(gguf, config["prompt_template"], tensors["signal_embeddings.weight"], prompts, torch.bfloat16 if rounded else torch.float32)
    unet = UNet2DConditionModel.from_pretrained(f"{model}/unet").float().eval().to(memory_format=torch.channels_last)
    vae = AutoencoderKL.from_pretrained(f"{model}/vae").float().eval()
    scheduler = DDIMScheduler.from_pretrained(f"{model}/scheduler")
    side = unet.config.sample_size
    scheduler.set_timesteps(steps)
    drawn = []
    for part in apply(states).split(32):
        conditions = torch.cat([part, tensors["null_condition"].expand(len(part), -1, -1)])
        x = torch.randn(1, unet.config.in_channels, side, side, generator=torch.Generator().manual_seed(seed)).repeat(len(part), 1, 1, 1)
        for t in scheduler.timesteps:
            with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
                with_prompt, without = unet(torch.cat([x, x]), t, conditions).sample.float().chunk(2)
            x = scheduler.step(without + scale * (with_prompt - without), t, x).prev_sample
        drawn.append(vae.decode(x / vae.config.scaling_factor).sample)
    return ((torch.cat(drawn) / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def sheet(pictures, prompts, columns=8):
    side, label = pictures.shape[1], 14
    rows = -(-len(pictures) // columns)
    canvas = Image.new("RGB", (columns * side, rows * (side + label)), "white")
    pen = ImageDraw.Draw(canvas)
    for k, (picture, prompt) in enumerate(zip(pictures, prompts)):
        x, y = k % columns * side, k // columns * (side + label)
        canvas.paste(Image.fromarray(picture), (x, y))
        pen.text((x + 4, y + side), prompt, fill="black")
    return canvas


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--prompts", help="a file with one prompt on each line")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--cfg-scale", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    prompts = open(arguments.prompts).read().splitlines() if arguments.prompts else SEEN + UNSEEN
    pictures = draw(arguments.model, arguments.llm, prompts, arguments.steps, arguments.cfg_scale, arguments.seed)
    sheet(pictures, prompts).quantize(256, dither=Image.Dither.NONE).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
