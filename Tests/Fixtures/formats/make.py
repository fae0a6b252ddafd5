"""Small Stable Diffusion models in the layouts that published ones have, and the pictures that diffusers makes of them.

    pip install torch diffusers transformers pillow && pip install --no-deps open-clip-torch && python make.py

Writes, beside this script: <family>.ckpt in the original single-file layout (as PyTorch Lightning leaves them), lcm/, a
folder with torch's .bin files, cases.json and a PNG for each case.

The tensors of a file are strided views of a few short storages, and so share their elements: that keeps the files small,
while each tensor has the full size, the vocabulary's 49,408 rows included. That the names are right is checked here by
diffusers' own loader of single files.
"""

import json
import pathlib
import shutil
import sys
import tempfile
import types

import numpy
import original
import torch
from diffusers import (
    AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, LCMScheduler, PNDMScheduler, StableDiffusionInpaintPipeline,
    LatentConsistencyModelPipeline, StableDiffusionPipeline, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline,
    UNet2DConditionModel)
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tokenizers"))
import clip_merges  # noqa: E402

HERE = pathlib.Path(__file__).parent
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
SD = {**BETAS, "clip_sample": False, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1}


class Pool:
    """Short fp16 storages that all weights are views of."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.storages = {}
        self.views = {}

    def storage(self, key, scale, offset, length):
        if key not in self.storages:
            noise = torch.randn(length + 512, generator=self.generator)
            self.storages[key] = (offset + scale * noise).half()
        return self.storages[key]

    def fill(self, name, module):
        """Gives a module its weights, and remembers the views that they are."""
        views = {}
        for key, parameter in module.named_parameters():
            shape, size = parameter.shape, parameter[0].numel()
            if parameter.ndim == 1:
                bias = key.endswith("bias")
                base, stride = self.storage("bias" if bias else "norm", 0.1 if bias else 0.2, 0 if bias else 1, 1024), 1
            elif "token_embedding" in key:
                base, stride = self.storage("tokens", 0.5, 0, 49408 + size), 1
            else:
                bucket = 1 << (size - 1).bit_length()
                base, stride = self.storage(bucket, bucket**-0.5, 0, 4096 + 2 * bucket), 7
            inner = list(torch.empty(shape).stride())[1:]
            room = len(base) - (stride * (shape[0] - 1) + size)
            start = int(torch.randint(room + 1, (1,), generator=self.generator))
            views[key] = torch.as_strided(base, shape, [stride, *inner], start)
        with torch.no_grad():
            for key, parameter in module.named_parameters():
                parameter.copy_(views[key])
        self.views[name] = views
        return module.eval()

    def brighten(self, autoencoder):
        """Pictures well inside the range: the last layer is scaled and shifted."""
        latents = torch.randn(2, 4, 8, 8, generator=self.generator) / autoencoder.config.scaling_factor
        last, views = autoencoder.decoder.conv_out, self.views["vae"]
        with torch.no_grad():
            pictures = autoencoder.decode(latents).sample
            last.weight.mul_(0.35 / pictures.std())
            last.bias.sub_(pictures.mean(dim=(0, 2, 3))).mul_(0.35 / pictures.std())
            for key in ["weight", "bias"]:
                views[f"decoder.conv_out.{key}"] = getattr(last, key).detach().half()
                getattr(last, key).copy_(views[f"decoder.conv_out.{key}"])
        return autoencoder


def tokenizer(pad):
    merges = clip_merges.merges()
    tokens = clip_merges.alphabet()
    tokens += [letter + "</w>" for letter in tokens]
    tokens += [merge.replace(" ", "") for merge in merges] + ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "vocab.json").write_text(json.dumps({token: id for id, token in enumerate(tokens)}))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
        (folder / "tokenizer_config.json").write_text(json.dumps({
            "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": pad,
            "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}))
        return CLIPTokenizer.from_pretrained(folder)


def text_encoder(kind, width, layers, activation):
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=max(1, width // 64), hidden_act=activation, projection_dim=width, bos_token_id=49406,
        eos_token_id=49407, pad_token_id=1)
    return kind(config)


def autoencoder(scaling_factor):
    return AutoencoderKL(
        block_out_channels=(32,) * 4, layers_per_block=1, norm_num_groups=32, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=scaling_factor)


def unet(width, **settings):
    return UNet2DConditionModel(
        **{
            "sample_size": 64, "block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 32,
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"), "attention_head_dim": 8, "cross_attention_dim": width,
            **settings})


def parts(family):
    """The pipeline of a family, the views that its weights are, and the same as a single file's."""
    pool = Pool(sum(map(ord, family)))
    xl = family in ["sdxl", "refiner"]
    vae = pool.brighten(pool.fill("vae", autoencoder(0.13025 if xl else 0.18215)))
    if xl:
        first = family == "sdxl"
        ids = 6 if first else 5
        network = unet(
            96 if first else 64, sample_size=128, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=[1, 1],
            transformer_layers_per_block=[1, 2], use_linear_projection=True, addition_embed_type="text_time",
            addition_time_embed_dim=8, projection_class_embeddings_input_dim=64 + 8 * ids)
        common = dict(
            vae=vae, unet=pool.fill("unet", network), tokenizer_2=tokenizer("!"), text_encoder=None, tokenizer=None,
            text_encoder_2=pool.fill("text_encoder_2", text_encoder(CLIPTextModelWithProjection, 64, 3, "gelu")),
            scheduler=EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"), add_watermarker=False)
        if first:
            encoder = pool.fill("text_encoder", text_encoder(CLIPTextModel, 32, 3, "quick_gelu"))
            common |= dict(text_encoder=encoder, tokenizer=tokenizer("<|endoftext|>"))
            pipeline = StableDiffusionXLPipeline(**common)
        else:
            pipeline = StableDiffusionXLImg2ImgPipeline(
                **common, requires_aesthetics_score=True, force_zeros_for_empty_prompt=False)
        single = original.unet(pool.views["unet"]) | original.autoencoder(pool.views["vae"], 4)
        second = "conditioner.embedders.1.model." if first else "conditioner.embedders.0.model."
        single |= original.open_clip(pool.views["text_encoder_2"], second)
        single[second + "logit_scale"] = torch.tensor(4.6052)
        if first:
            single |= original.clip(pool.views["text_encoder"], "conditioner.embedders.0.transformer.")
        return pipeline, pool.views, single
    second = family == "sd2"
    width = 64 if second else 32
    encoder = pool.fill("text_encoder", text_encoder(CLIPTextModel, width, 2, "gelu" if second else "quick_gelu"))
    settings = {}
    if second:
        settings = dict(attention_head_dim=[1, 1], use_linear_projection=True, sample_size=96)
    if family == "inpainting":
        settings = dict(in_channels=9)
    if family == "lcm":
        settings = dict(time_cond_proj_dim=16)
    schedulers = {
        "sd1": PNDMScheduler.from_config(SD), "lcm": LCMScheduler(**BETAS), "inpainting": DDIMScheduler.from_config(SD),
        "sd2": DDIMScheduler.from_config({**SD, "prediction_type": "v_prediction"})}
    kinds = {"lcm": LatentConsistencyModelPipeline, "inpainting": StableDiffusionInpaintPipeline}
    pipeline = kinds.get(family, StableDiffusionPipeline)(
        vae=vae, text_encoder=encoder, tokenizer=tokenizer("!" if second else "<|endoftext|>"),
        unet=pool.fill("unet", unet(width, **settings)), scheduler=schedulers[family], safety_checker=None,
        feature_extractor=None, requires_safety_checker=False)
    single = original.unet(pool.views["unet"]) | original.autoencoder(pool.views["vae"], 4)
    views = pool.views["text_encoder"]
    single |= original.open_clip(views) if second else original.clip(views)
    return pipeline, pool.views, single


def lightning(tensors, path):
    """As training leaves a checkpoint: schedule buffers, averages, counters, and a callback's class among the keys."""
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = callback
    for name in ["pytorch_lightning", "pytorch_lightning.callbacks", module.__name__]:
        sys.modules[name] = module
    extra = {
        "betas": torch.linspace(0, 1, 4), "alphas_cumprod": torch.linspace(1, 0, 4), "model_ema.decay": torch.tensor(0.99),
        "model_ema.num_updates": torch.tensor(7), "model_ema.diffusion_modelout2bias": torch.zeros(4)}
    if "cond_stage_model.transformer.text_model.final_layer_norm.weight" in tensors:
        extra["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(77)[None]
    torch.save({
        "epoch": 1, "global_step": 470000, "pytorch-lightning_version": "1.4.2", "state_dict": {**tensors, **extra},
        "callbacks": {callback: {"monitor": "val", "best_model_score": torch.tensor(0.5), "current_score": numpy.float64(1)}},
        "optimizer_states": [], "lr_schedulers": []}, path)


def cases(family):
    if family == "refiner":
        return [dict(prompt="a girl reading", negative="snow", guidance=5.0, seed=2, steps=6, strength=0.5, init=True)]
    if family == "inpainting":
        return [dict(prompt="a girl reading", negative=None, guidance=7.5, seed=2, steps=5, strength=1.0, init=True, mask=True)]
    if family == "lcm":
        return [
            dict(prompt="a red fox in the snow", negative=None, guidance=8.5, seed=3, steps=4),
            dict(prompt="two cats", negative=None, guidance=1.5, seed=4, steps=3)]
    return [
        dict(prompt="a girl reading a book!", negative=None, guidance=7.5, seed=0, steps=5),
        dict(prompt="Two cats, 4 boats", negative="in the snow", guidance=4.0, seed=42, steps=5)]


def draw(pipeline, case):
    pipeline.set_progress_bar_config(disable=True)
    arguments = dict(
        guidance_scale=case["guidance"], num_inference_steps=case["steps"],
        generator=torch.Generator().manual_seed(case["seed"]))
    if not isinstance(pipeline, LatentConsistencyModelPipeline):
        arguments["negative_prompt"] = case["negative"]
    if case.get("init"):
        arguments |= dict(image=Image.open(HERE.parent / "pipeline" / "00-sd1.png").convert("RGB"), strength=case["strength"])
    if case.get("mask"):
        arguments["mask_image"] = Image.open(HERE / "mask.png")
    if not isinstance(pipeline, StableDiffusionXLImg2ImgPipeline):
        arguments |= dict(width=64, height=64)
    return pipeline(case["prompt"], **arguments).images[0]


def check(family, pipeline, single, pictures):
    """Diffusers' loader of single files must give the same pictures."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pipeline.save_pretrained(folder / "config")
        torch.save(single, folder / "model.ckpt")
        extra = dict(requires_aesthetics_score=True, force_zeros_for_empty_prompt=False) if family == "refiner" else {}
        loaded = type(pipeline).from_single_file(str(folder / "model.ckpt"), config=str(folder / "config"), **extra)
    for case, picture in zip(cases(family), pictures):
        assert numpy.array_equal(numpy.array(draw(loaded, case)), numpy.array(picture)), (family, case)


def save_folder(pipeline, views, folder):
    shutil.rmtree(folder, ignore_errors=True)
    pipeline.save_pretrained(folder)
    shutil.rmtree(folder / "tokenizer")
    for part, tensors in views.items():
        for file in (folder / part).glob("*.safetensors"):
            file.unlink()
        name = "pytorch_model.bin" if part.startswith("text") else "diffusion_pytorch_model.bin"
        torch.save(tensors, folder / part / name)


def main():
    torch.set_num_threads(1)
    mask = numpy.zeros((64, 64), dtype=numpy.uint8)
    mask[16:48, 24:64] = 255
    Image.fromarray(mask).save(HERE / "mask.png")
    everything = []
    for family in ["sd1", "sd2", "sdxl", "refiner", "inpainting", "lcm"]:
        pipeline, views, single = parts(family)
        pictures = [draw(pipeline, case) for case in cases(family)]
        if family == "lcm":
            save_folder(pipeline, views, HERE / "lcm")
        else:
            check(family, pipeline, single, pictures)
            lightning(single, HERE / f"{family}.ckpt")
        for index, (case, picture) in enumerate(zip(cases(family), pictures)):
            case |= dict(family=family, expected=f"{family}-{index}.png")
            picture.save(HERE / case["expected"])
            everything.append(case)
            print(family, index, "spread", numpy.array(picture).std(), flush=True)
    (HERE / "cases.json").write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    main()
