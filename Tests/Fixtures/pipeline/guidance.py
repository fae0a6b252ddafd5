"""Adds pictures with guidance of other kinds on `sd1/` to the fixtures: guidance.json and guidance-*.png.

Run after make.py: python guidance.py

Rescaled and perturbed-attention guidance are diffusers' pipelines'. `loop` has diffusers' guiders where its pipelines of
Stable Diffusion lack them, and CFG++ after ComfyUI.
"""

import json
from pathlib import Path

import torch
from diffusers import (
    DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPAGPipeline, StableDiffusionPipeline, logging)
from diffusers.guiders import AdaptiveProjectedGuidance, ClassifierFreeGuidance

HERE = Path(__file__).parent
logging.set_verbosity_error()
NEUTRAL = dict(
    negative=None, guidance=7.5, steps=8, sampler=None, rescale=0.0, start=0.0, stop=1.0, momentum=None, threshold=None,
    eta=None, pag=0.0, layers=["mid"])
CASES = [
    dict(prompt="a girl reading", seed=0, sampler="ddim", rescale=0.7),
    dict(prompt="a red fox in the snow", seed=1, rescale=1.0, negative="dark clouds"),
    dict(prompt="a girl reading", seed=0, sampler="ddim", pag=3.0),
    dict(prompt="a girl reading", seed=2, sampler="euler", pag=2.0, guidance=1.0, layers=["down_blocks.0", "mid"]),
    dict(prompt="a red fox in the snow", seed=3, sampler="euler", pag=1.5, rescale=0.5, layers=[r"up_blocks\.\d"]),
    dict(prompt="a girl reading", seed=4, sampler="ddim", start=0.25, stop=0.75),
    dict(prompt="a red fox in the snow", seed=5, sampler="euler", momentum=-0.5, threshold=2.5, eta=0.0),
    dict(prompt="a red fox in the snow", seed=5, sampler="ddim", momentum=0.3, threshold=0.0, eta=0.5, rescale=0.4, stop=0.5),
    dict(prompt="a girl reading", seed=6, sampler="euler_cfg_pp", guidance=0.8),
]
SCHEDULERS = dict(ddim=DDIMScheduler, euler=EulerDiscreteScheduler, euler_cfg_pp=EulerDiscreteScheduler)


@torch.no_grad()
def loop(pipeline, case, scheduler):
    if case["eta"] is None:
        guider = ClassifierFreeGuidance(case["guidance"], case["rescale"], start=case["start"], stop=case["stop"])
    else:
        guider = AdaptiveProjectedGuidance(
            case["guidance"], adaptive_projected_guidance_momentum=case["momentum"],
            adaptive_projected_guidance_rescale=case["threshold"], eta=case["eta"], guidance_rescale=case["rescale"],
            start=case["start"], stop=case["stop"])
    states, absent = pipeline.encode_prompt(case["prompt"], "cpu", 1, True, case["negative"])
    scheduler.set_timesteps(case["steps"])
    generator = torch.Generator().manual_seed(case["seed"])
    latents = torch.randn((1, 4, 8, 8), generator=generator) * scheduler.init_noise_sigma
    for step, time in enumerate(scheduler.timesteps):
        guider.set_state(step=step, num_inference_steps=case["steps"], timestep=time)
        guider.prepare_inputs({"states": (states, absent)})
        # Not `scale_model_input`, which only `step` tells where it is.
        scaled = latents if isinstance(scheduler, DDIMScheduler) else latents / (scheduler.sigmas[step] ** 2 + 1) ** 0.5
        output = pipeline.unet(torch.cat([scaled] * 2), time, torch.cat([states, absent])).sample
        outputs = [output[:1], output[1:]] if guider.num_conditions == 2 else [output[:1]]
        guided = guider.forward(*outputs).pred
        if case["sampler"] == "euler_cfg_pp":
            sigma, after = scheduler.sigmas[step], scheduler.sigmas[step + 1]
            latents = latents - sigma * guided + after * output[1:]
        else:
            latents = scheduler.step(guided, time, latents).prev_sample
    image = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    return pipeline.image_processor.postprocess(image)[0]


def main():
    torch.set_num_threads(1)
    plain = StableDiffusionPipeline.from_pretrained(HERE / "sd1", safety_checker=None, torch_dtype=torch.float32)
    plain.set_progress_bar_config(disable=True)
    configuration = plain.scheduler.config
    written = []
    for index, changes in enumerate(CASES):
        case = dict(NEUTRAL, **changes)
        scheduler = SCHEDULERS[case["sampler"]].from_config(configuration) if case["sampler"] else plain.scheduler
        arguments = dict(
            negative_prompt=case["negative"], guidance_scale=case["guidance"], num_inference_steps=case["steps"],
            guidance_rescale=case["rescale"], generator=torch.Generator().manual_seed(case["seed"]))
        if case["pag"]:
            # The pipeline changes its UNet's attention for good.
            pipeline = StableDiffusionPAGPipeline.from_pretrained(
                HERE / "sd1", safety_checker=None, torch_dtype=torch.float32, pag_applied_layers=case["layers"])
            pipeline.set_progress_bar_config(disable=True)
            pipeline.scheduler = scheduler
            picture = pipeline(case["prompt"], pag_scale=case["pag"], **arguments).images[0]
        elif case["eta"] is None and case["sampler"] != "euler_cfg_pp" and (case["start"], case["stop"]) == (0, 1):
            pipeline = StableDiffusionPipeline(**dict(plain.components, scheduler=scheduler), requires_safety_checker=False)
            pipeline.set_progress_bar_config(disable=True)
            picture = pipeline(case["prompt"], **arguments).images[0]
        else:
            picture = loop(plain, case, scheduler)
        case["expected"] = f"guidance-{index}.png"
        picture.save(HERE / case["expected"], optimize=True)
        written.append(case)
    (HERE / "guidance.json").write_text(json.dumps(written, indent=2) + "\n")


if __name__ == "__main__":
    main()
