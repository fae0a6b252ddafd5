"""Adds diffusers' pictures of everything but text-to-image to the fixtures: tasks.json and task-*.png.

Run after make.py and sdxl.py: python tasks.py

Also writes what these tasks need beside `sd1/` and `sdxl/`: UNets with nine input channels (`inpainting/unet`), with a
guidance embedding (`lcm/unet`), pruned (`pruned/unet`), the refiner's (`refiner/unet`), small decoders (`taesd/` as
diffusers saves it, `taesd_decoder.safetensors` with the original's keys) and the mask. Every case names its folders.
"""

import json
import shutil
from pathlib import Path

import diffusers
import models
import numpy
import torch
from diffusers import AutoencoderTiny, LCMScheduler, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file

HERE = Path(__file__).parent
GIRL, FOX, BOAT = "a girl reading", "a red fox in the snow", "a small blue boat"
SCHEDULERS = dict(
    plms=diffusers.PNDMScheduler, ddim=diffusers.DDIMScheduler, euler=diffusers.EulerDiscreteScheduler,
    euler_a=diffusers.EulerAncestralDiscreteScheduler, heun=diffusers.HeunDiscreteScheduler,
    dpm2=diffusers.KDPM2DiscreteScheduler, lcm=LCMScheduler, **{"dpm++2m": diffusers.DPMSolverMultistepScheduler})
PARTS = ["vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "scheduler"]


def small_unet(seed, **settings):
    """Two levels: half the size of sd1's."""
    torch.manual_seed(seed)
    model = UNet2DConditionModel(
        sample_size=8, **dict(
            block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            attention_head_dim=2, cross_attention_dim=models.CONDITION) | settings)
    models.projectors.unsettle(model)
    return models.rounded(model)


def make_parts():
    for name in ("inpainting", "lcm", "pruned", "refiner", "taesd"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    small_unet(41, in_channels=9).half().save_pretrained(HERE / "inpainting" / "unet")
    small_unet(42, time_cond_proj_dim=16).half().save_pretrained(HERE / "lcm" / "unet")
    small_unet(43, mid_block_type=None, layers_per_block=1).half().save_pretrained(HERE / "pruned" / "unet")
    small_unet(
        44, cross_attention_dim=24, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=20 + 5 * 8, use_linear_projection=True,
    ).half().save_pretrained(HERE / "refiner" / "unet")
    # What model_index.json says of them that the folders they lean on do not.
    for name, base, changes in (
        ("inpainting", "sd1", {"_class_name": "StableDiffusionInpaintPipeline"}),
        ("lcm", "sd1", {"_class_name": "LatentConsistencyModelPipeline", "scheduler": ["diffusers", "LCMScheduler"]}),
        ("refiner", "sdxl", {
            "_class_name": "StableDiffusionXLImg2ImgPipeline", "force_zeros_for_empty_prompt": False,
            "requires_aesthetics_score": True, "text_encoder": [None, None], "tokenizer": [None, None]}),
    ):
        index = json.loads((HERE / base / "model_index.json").read_text()) | changes
        (HERE / name / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    LCMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
    ).save_pretrained(HERE / "lcm" / "scheduler")
    tiny = AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4, num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(2, 1, 1, 1))
    models.randomize(tiny, 45)
    with torch.no_grad():
        pictures = tiny.decode(torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(1))).sample
        tiny.decoder.layers[-1].weight.mul_(0.35 / pictures.std())
        tiny.decoder.layers[-1].bias.sub_((pictures.mean(dim=(0, 2, 3)) + 1) / 2 - 0.5).mul_(0.35 / pictures.std())
    tiny = models.rounded(tiny)
    tiny.half().save_pretrained(HERE / "taesd")
    original = {}
    for key, value in tiny.state_dict().items():
        half, _, index, rest = key.split(".", 3)
        if half == "decoder":
            original[f"{int(index) + 1}.{rest}"] = value.contiguous()
    save_file(original, HERE / "taesd_decoder.safetensors")
    y, x = numpy.mgrid[0:48, 0:72]
    distance = ((x - 30) / 24) ** 2 + ((y - 25) / 15) ** 2
    Image.fromarray((255 * numpy.clip(2 - 1.5 * distance, 0, 1)).astype("uint8")).save(HERE / "mask.png", optimize=True)
    picture = Image.open(HERE / "00-sd1.png").convert("RGB")
    for width, height in ((41, 100), (101, 23)):
        picture.resize((width, height), Image.Resampling.LANCZOS).save(HERE / f"resized-{width}x{height}.png")


def pipeline(kind, case):
    """A pipeline of the class `kind` of the case's folders; a part lies in the first that has it."""
    folders = [HERE / name for name in case["folders"]]
    index = json.loads((folders[-1] / "model_index.json").read_text())
    parts = {}
    for name in ["unet", *PARTS]:
        folder = next((folder for folder in folders if (folder / name).exists()), None)
        if folder is None or name not in index:
            continue
        library, cls = index[name]
        if name == "scheduler":
            cls = json.loads((folder / name / "scheduler_config.json").read_text())["_class_name"]
        cls = getattr(__import__(library), cls)
        parts[name] = cls.from_pretrained(folder / name, **({} if name[:5] in ("token", "sched") else {"torch_dtype": torch.float32}))
    if case["refines"]:
        parts |= {"text_encoder": None, "tokenizer": None, "requires_aesthetics_score": True}
    if "XL" in kind:
        parts["add_watermarker"] = False
        parts["force_zeros_for_empty_prompt"] = not case["refines"]
    else:
        parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    made = getattr(diffusers, kind)(**parts)
    made.set_progress_bar_config(disable=True)
    if case["sampler"]:
        made.scheduler = SCHEDULERS[case["sampler"]].from_config(made.scheduler.config)
    if case["trailing"]:
        made.scheduler = type(made.scheduler).from_config(made.scheduler.config, timestep_spacing="trailing")
    if case["tiling"]:
        made.vae.enable_tiling()
    if case["taesd"]:
        made.vae = AutoencoderTiny.from_pretrained(HERE / "taesd", torch_dtype=torch.float32)
    return made


def draw(case):
    suffix = "XL" if case["folders"][-1] == "sdxl" else ""
    generator = torch.Generator().manual_seed(case["seed"])
    arguments = dict(
        prompt=case["prompt"], negative_prompt=case["negative"], guidance_scale=case["guidance"],
        num_inference_steps=case["steps"], generator=generator)
    image = case["init"] and Image.open(HERE / case["init"]).convert("RGB")
    if case["mask"]:
        made = pipeline(f"StableDiffusion{suffix}InpaintPipeline", case)
        return made(
            image=image, mask_image=Image.open(HERE / case["mask"]), strength=case["strength"], height=image.height,
            width=image.width, **arguments).images[0]
    if image:
        made = pipeline(f"StableDiffusion{suffix}Img2ImgPipeline", case)
        return made(image=image, strength=case["strength"], **arguments).images[0]
    size = dict(width=case["width"], height=case["height"])
    if case["folders"][0] == "lcm":
        arguments.pop("negative_prompt")
        return pipeline("LatentConsistencyModelPipeline", case)(**arguments, **size).images[0]
    first = pipeline(f"StableDiffusion{suffix}Pipeline", case)
    if case["refiner"]:
        latents = first(**arguments, **size, denoising_end=case["highNoise"], output_type="latent").images
        second = pipeline("StableDiffusionXLImg2ImgPipeline", case | {"folders": case["refiner"], "refines": True})
        return second(**arguments, image=latents, denoising_start=case["highNoise"]).images[0]
    if case["hires"]:
        again = pipeline(f"StableDiffusion{suffix}Img2ImgPipeline", case)
        scaled = [int(side * case["hires"]) // 8 * 8 for side in (case["height"], case["width"])]
        if case["upscaler"] == "latent":
            latents = first(**arguments, **size, output_type="latent").images
            larger = torch.nn.functional.interpolate(latents, [side // 8 for side in scaled], mode="bilinear")
        else:
            larger = first(**arguments, **size).images[0].resize(scaled[::-1], Image.Resampling.LANCZOS)
        arguments |= dict(num_inference_steps=case["hiresSteps"])
        return again(image=larger, strength=case["strength"], **arguments).images[0]
    return first(**arguments, **size).images[0]


def case(folders, prompt, seed, **changes):
    return dict(
        folders=folders, prompt=prompt, negative=None, guidance=7.5, seed=seed, steps=6, sampler=None, trailing=False,
        strength=0.75, init=None, mask=None, width=64, height=64, tiling=False, taesd=False, hires=None, hiresSteps=5,
        upscaler="latent", refiner=None, highNoise=0.7, refines=False) | changes


def cases():
    wide, square, mask = "02-sd1.png", "00-sd1.png", "mask.png"
    # Image-to-image with the samplers that evaluate more than once a step.
    for strength in (0.75, 0.9, 0.2):
        yield case(["sd1"], FOX, 1, init=square, strength=strength)
    yield case(["sd1"], FOX, 2, init=wide, sampler="heun", strength=0.6)
    # Inpainting.
    yield case(["sd1"], GIRL, 3, init=wide, mask=mask, strength=1.0)
    yield case(["sd1"], GIRL, 4, init=wide, mask=mask, guidance=1.0)
    for sampler in ("ddim", "euler_a", "heun", "dpm2", "dpm++2m", "lcm"):
        yield case(["sd1"], BOAT, 5, init=wide, mask=mask, sampler=sampler, strength=0.7)
    yield case(["inpainting", "sd1"], GIRL, 6, init=wide, mask=mask, strength=1.0)
    yield case(["inpainting", "sd1"], FOX, 7, init=wide, mask=mask, sampler="euler", strength=0.6)
    yield case(["inpainting", "sd1"], FOX, 8, init=wide, mask=mask, sampler="ddim", guidance=1.0, strength=0.9)
    # Distilled and pruned models.
    yield case(["lcm", "sd1"], GIRL, 9, steps=4, guidance=8.5)
    yield case(["lcm", "sd1"], GIRL, 10, steps=2, guidance=1.0)
    yield case(["lcm", "sd1"], FOX, 11, init=square, steps=4, guidance=3.0)
    yield case(["pruned", "sd1"], FOX, 12)
    for steps in (1, 2, 4):
        yield case(["sd1"], FOX, 13, steps=steps, sampler="euler", trailing=True, guidance=0.0)
    yield case(["sd1"], FOX, 14, steps=4, sampler="euler_a", trailing=True, guidance=1.0, init=square, strength=0.5)
    # Stable Diffusion XL.
    yield case(["sdxl"], GIRL, 15, guidance=3.0, init=square)
    yield case(["sdxl"], GIRL, 16, guidance=3.0, init=wide, mask=mask, strength=0.99)
    yield case(["sdxl"], GIRL, 17, guidance=3.0, steps=8, refiner=["refiner", "sdxl"])
    yield case(["sdxl"], FOX, 18, guidance=3.0, steps=5, refiner=["refiner", "sdxl"], highNoise=0.5, sampler="dpm++2m", negative=GIRL)
    yield case(["refiner", "sdxl"], FOX, 19, guidance=5.0, init=square, strength=0.5, refines=True)
    # Two passes.
    yield case(["sd1"], GIRL, 20, sampler="ddim", hires=1.5)
    yield case(["sd1"], GIRL, 21, hires=2.0, width=56, height=40, strength=0.5)
    yield case(["sd1"], GIRL, 22, sampler="euler", hires=1.5, upscaler="pixel")
    # Decoding.
    yield case(["sd1"], BOAT, 23, sampler="ddim", tiling=True, width=136, height=72)
    yield case(["sd1"], BOAT, 24, sampler="ddim", taesd=True)


def main():
    torch.set_num_threads(1)
    make_parts()
    written = []
    for i, row in enumerate(cases()):
        row["expected"] = f"task-{i:02}.png"
        draw(row).save(HERE / row["expected"], optimize=True)
        written.append(row)
    (HERE / "tasks.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
