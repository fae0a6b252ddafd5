"""Adds a small Stable Diffusion XL folder, `sdxl/`, and diffusers' pictures of it: sdxl.json and sdxl-*.png.

Run after make.py: python sdxl.py
"""

import json
import shutil
from pathlib import Path

import models
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

HERE = Path(__file__).parent
WIDTHS = [16, 24]
CASES = [
    dict(prompt="a girl reading a book", negative=None, guidance=3.0, seed=0, steps=6, width=64, height=64),
    dict(prompt="two cats", negative="in the snow", guidance=3.0, seed=42, steps=6, width=72, height=48),
    dict(prompt="", negative=None, guidance=1.0, seed=1, steps=5, width=64, height=64),
]


def text_encoder(kind, tokenizer, width, seed, activation):
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=3,
        num_attention_heads=4, max_position_embeddings=77, hidden_act=activation, projection_dim=20,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return models.rounded(models.randomize(kind(config), seed))


def main():
    torch.set_num_threads(1)
    tokenizer = models.clip_tokenizer()
    unet = models.UNet2DConditionModel(
        sample_size=8, block_out_channels=(16, 24), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=[2, 4], cross_attention_dim=sum(WIDTHS), transformer_layers_per_block=[1, 2],
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=20 + 6 * 8)
    models.projectors.unsettle(unet)
    pipeline = StableDiffusionXLPipeline(
        vae=models.autoencoder(5, scaling_factor=0.13025),
        text_encoder=text_encoder(CLIPTextModel, tokenizer, WIDTHS[0], 21, "quick_gelu"),
        text_encoder_2=text_encoder(CLIPTextModelWithProjection, tokenizer, WIDTHS[1], 22, "gelu"),
        tokenizer=tokenizer, tokenizer_2=tokenizer, unet=models.rounded(unet),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="leading"),
        add_watermarker=False)
    folder = HERE / "sdxl"
    shutil.rmtree(folder, ignore_errors=True)
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder, pipeline.text_encoder_2):
        part.half()
    pipeline.save_pretrained(folder)
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder, torch_dtype=torch.float32, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    for index, case in enumerate(CASES):
        picture = pipeline(
            case["prompt"], negative_prompt=case["negative"], guidance_scale=case["guidance"],
            num_inference_steps=case["steps"], width=case["width"], height=case["height"],
            generator=torch.Generator().manual_seed(case["seed"])).images[0]
        case["expected"] = f"sdxl-{index}.png"
        picture.save(HERE / case["expected"])
    (HERE / "sdxl.json").write_text(json.dumps(CASES, indent=2) + "\n")


if __name__ == "__main__":
    main()
