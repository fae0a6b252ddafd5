"""Writes tiling.safetensors: what diffusers' tiled autoencoder makes of larger pictures. Run after make.py."""

from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

HERE = Path(__file__).parent
torch.set_num_threads(1)
torch.manual_seed(0)

vae = AutoencoderKL.from_pretrained(HERE / "vae", torch_dtype=torch.float32).eval()
vae.enable_tiling()
tensors = {}
with torch.no_grad():
    # 13 latents: the second tile is cut; 7: a tile of one row.
    for kind, (height, width) in {"": (11, 13), "_thin": (7, 17)}.items():
        tensors[f"latents{kind}"] = torch.randn(1, 4, height, width)
        tensors[f"decoded{kind}"] = vae.decode(tensors[f"latents{kind}"]).sample
        tensors[f"pictures{kind}"] = torch.rand(1, 3, 4 * height, 4 * width) * 2 - 1
        tensors[f"mean{kind}"] = vae.encode(tensors[f"pictures{kind}"]).latent_dist.mean
save_file({key: value.contiguous() for key, value in tensors.items()}, HERE / "tiling.safetensors")
