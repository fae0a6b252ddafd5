"""Writes stepsaving.safetensors: what a tiny UNet gives with token merging (tomesd) and DeepCache.

Needs torch, diffusers, tomesd and DeepCache."""

from pathlib import Path
from types import SimpleNamespace

import tomesd
import torch
from DeepCache import DeepCacheSDHelper
from diffusers import DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file, save_file

here = Path(__file__).parent
folder = here.parent / "diffusion" / "sd1"
reference = load_file(folder / "reference.safetensors")
tokens = reference["tokens"]
torch.manual_seed(0)
count = tokens.shape[0]
first, second = torch.randn(2, count, 4, 12, 10).unbind(0)
tensors = {"first": first, "second": second}


def unet():
    return UNet2DConditionModel.from_pretrained(folder).eval()


with torch.no_grad():
    for ratio in (0.25, 0.5, 0.75):
        model = unet()
        tomesd.apply_patch(model, ratio=ratio, use_rand=False)
        tensors[f"merged.{ratio}"] = model(first, 500, tokens).sample

    model = unet()
    scheduler = DDIMScheduler()
    scheduler.set_timesteps(10)
    helper = DeepCacheSDHelper(pipe=SimpleNamespace(unet=model, scheduler=scheduler))
    helper.set_params(cache_interval=3, cache_branch_id=0)
    helper.enable()
    steps = scheduler.timesteps[:4]
    for i, (t, latents) in enumerate(zip(steps, (first, second, first, second))):
        tensors[f"deep.{i}"] = model(latents, t, tokens).sample
    tensors["timesteps"] = steps.float()

save_file({k: v.contiguous() for k, v in tensors.items()}, here / "stepsaving.safetensors")
