"""Adds diffusers' image-to-image pictures on `sd1/` to the fixtures: image_to_image.json and i2i-*.png.

Run after make.py: python image_to_image.py
"""

import json
import pathlib

import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, StableDiffusionImg2ImgPipeline
from PIL import Image

HERE = pathlib.Path(__file__).parent
CASES = [
    dict(sampler="ddim", strength=0.6, steps=10, seed=3, eta=0.0, guidance=7.5, init="00-sd1.png", prompt="a red fox in the snow"),
    dict(sampler="ddim", strength=1.0, steps=8, seed=4, eta=0.5, guidance=1.0, init="00-sd1.png", prompt="a girl reading"),
    dict(sampler="euler", strength=0.35, steps=10, seed=5, eta=0.0, guidance=7.5, init="02-sd1.png", prompt="a small boat"),
]
SCHEDULERS = dict(ddim=DDIMScheduler, euler=EulerDiscreteScheduler)


def main():
    torch.set_num_threads(1)
    pipeline = StableDiffusionImg2ImgPipeline.from_pretrained(HERE / "sd1", safety_checker=None, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    configuration = pipeline.scheduler.config
    for index, case in enumerate(CASES):
        pipeline.scheduler = SCHEDULERS[case["sampler"]].from_config(configuration)
        result = pipeline(
            case["prompt"], image=Image.open(HERE / case["init"]).convert("RGB"), strength=case["strength"],
            num_inference_steps=case["steps"], guidance_scale=case["guidance"], eta=case["eta"],
            generator=torch.Generator().manual_seed(case["seed"]),
        ).images[0]
        case["expected"] = f"i2i-{index}.png"
        result.save(HERE / case["expected"])
    (HERE / "image_to_image.json").write_text(json.dumps(CASES, indent=2) + "\n")


if __name__ == "__main__":
    main()
