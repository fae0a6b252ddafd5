"""The shapes of published UNets' weights, by diffusers' names: shapes.json. The networks are made without memory, and of
their weights only those are written that tell something which others of their block do not.

    python shapes.py
"""

import json
import pathlib
import re

import torch
from diffusers import UNet2DConditionModel

TELLING = r"(conv_in|conv_out|conv1|attn2.to_k|proj_in|linear_1|cond_proj)\.weight"
SD = dict(sample_size=64, block_out_channels=[320, 640, 1280, 1280], layers_per_block=2)
SD2 = dict(SD, attention_head_dim=[5, 10, 20, 20], cross_attention_dim=1024, use_linear_projection=True)
DOWN = ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"]
UP = ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3
XL = dict(
    sample_size=128, block_out_channels=[320, 640, 1280], layers_per_block=2, attention_head_dim=[5, 10, 20],
    cross_attention_dim=2048, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
    projection_class_embeddings_input_dim=2816, down_block_types=["DownBlock2D"] + ["CrossAttnDownBlock2D"] * 2,
    up_block_types=["CrossAttnUpBlock2D"] * 2 + ["UpBlock2D"], transformer_layers_per_block=[1, 2, 10])
MODELS = {
    "sd-1.5": dict(SD, attention_head_dim=8, cross_attention_dim=768, down_block_types=DOWN, up_block_types=UP),
    "sd-1.5-inpainting": dict(
        SD, in_channels=9, attention_head_dim=8, cross_attention_dim=768, down_block_types=DOWN, up_block_types=UP),
    "sd-2": dict(SD2, down_block_types=DOWN, up_block_types=UP),
    "small-sd": dict(
        SD, layers_per_block=1, attention_head_dim=8, cross_attention_dim=768, down_block_types=DOWN, up_block_types=UP),
    "tiny-sd": dict(
        sample_size=64, block_out_channels=[320, 640, 1280], layers_per_block=1, attention_head_dim=8, cross_attention_dim=768,
        mid_block_type=None, down_block_types=DOWN[:3], up_block_types=UP[1:]),
    "lcm-dreamshaper": dict(
        SD, attention_head_dim=8, cross_attention_dim=768, time_cond_proj_dim=256, down_block_types=DOWN, up_block_types=UP),
    "sdxl": XL,
    "sdxl-refiner": dict(
        sample_size=128, block_out_channels=[384, 768, 1536, 1536], layers_per_block=2, attention_head_dim=[6, 12, 24, 24],
        cross_attention_dim=1280, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2560, down_block_types=["DownBlock2D"] + ["CrossAttnDownBlock2D"] * 2 + ["DownBlock2D"],
        up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 2 + ["UpBlock2D"], transformer_layers_per_block=4),
    "ssd-1b": dict(
        XL, transformer_layers_per_block=[0, [2, 2], [4, 4]], mid_block_type="UNetMidBlock2D",
        reverse_transformer_layers_per_block=[[4, 4, 10], [2, 1, 1], 1]),
}


def main():
    result = []
    for name, config in MODELS.items():
        with torch.device("meta"):
            model = UNet2DConditionModel(**config)
        shapes = {key: list(value.shape) for key, value in model.state_dict().items() if re.search(TELLING, key)}
        result.append({"model": name, "config": config, "shapes": shapes})
    text = json.dumps(result, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "shapes.json").write_text(text.replace('{"model"', '\n{"model"') + "\n")


if __name__ == "__main__":
    main()
