"""Writes Stable Diffusion 1.5's networks with random fp16 weights, as a diffusers folder, and what PyTorch makes of them
in fp32 (`reference.safetensors`): VOKEN_SD15=FOLDER swift test -c release compares.

    python model.py FOLDER
"""

import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

UNET = dict(
    sample_size=64, cross_attention_dim=768, attention_head_dim=8, block_out_channels=(320, 640, 1280, 1280),
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3)
VAE = dict(
    sample_size=512, block_out_channels=(128, 256, 512, 512), latent_channels=4, layers_per_block=2,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
TEXT = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, hidden_act="quick_gelu")
SCHEDULER = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False, steps_offset=1)


def write_reference(folder):
    unet, vae = UNet2DConditionModel.from_pretrained(folder / "unet").float(), AutoencoderKL.from_pretrained(folder / "vae").float()
    latents, corner, tokens = torch.randn(2, 4, 64, 64), torch.randn(1, 4, 32, 32), torch.randn(2, 77, 768)
    with torch.inference_mode():
        output, picture = unet(latents, 500, tokens).sample, vae.decode(corner).sample
    tensors = {"latents": latents, "tokens": tokens, "output": output, "corner": corner, "picture": picture}
    save_file({name: x.contiguous() for name, x in tensors.items()}, folder / "reference.safetensors")


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(0)
    UNet2DConditionModel(**UNET).half().save_pretrained(folder / "unet")
    AutoencoderKL(**VAE).half().save_pretrained(folder / "vae")
    CLIPTextModel(CLIPTextConfig(**TEXT)).half().save_pretrained(folder / "text_encoder")
    DDIMScheduler(**SCHEDULER).save_pretrained(folder / "scheduler")
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
             "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"]}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2))
    write_reference(folder)


if __name__ == "__main__":
    main()
