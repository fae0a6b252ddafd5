"""Two tiny model folders and the pictures that the reference libraries make of them.

    pip install torch diffusers transformers tokenizers safetensors pillow && python make.py

Writes, beside this script:

- sd1/: a StableDiffusionPipeline; its pictures are the pipeline's own.
- signal/: a SignalTokenPipeline with a MetaQueryConnector. signal-minigpt5/ and signal-gill/ hold only what they have of
  their own: their llm/, unet/, vae/ and scheduler/ are those of signal/. `SignalTokens` below is the reference.
- cases.json and a PNG for each case. `negative` null: none was given; `sampler` null: the folder's own scheduler.

Weights are stored in fp16 and everything is computed from the rounded weights in fp32.
"""

import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL, DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, PNDMScheduler,
    StableDiffusionPipeline, UNet2DConditionModel)
from PIL import Image

import models
from models import CAPTIONS, CONDITION, LLM, projectors

HERE = Path(__file__).parent
torch.set_num_threads(1)
SAMPLERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "dpm++2m": DPMSolverMultistepScheduler}
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


# Stable Diffusion


def make_sd1():
    folder = HERE / "sd1"
    tokenizer = models.clip_tokenizer()
    encoder = models.clip_text_model(tokenizer, 21)
    captions, null = (models.clip_states(tokenizer, encoder, texts) for texts in (CAPTIONS, [""]))
    # As SD-1.5's file, which leaves the spacing and the prediction to their defaults.
    config = {
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", **BETAS, "clip_sample": False,
        "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None}
    scheduler = PNDMScheduler.from_config(config)
    unet = models.train(models.unet(22), scheduler, [(captions, null)])
    pipeline = StableDiffusionPipeline(
        vae=models.autoencoder(23), text_encoder=encoder, tokenizer=tokenizer, unet=unet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.to(dtype=torch.float16).save_pretrained(folder)
    write(folder / "scheduler" / "scheduler_config.json", config)


def stable_diffusion(folder):
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    own = pipeline.scheduler

    def picture(case):
        pipeline.scheduler = SAMPLERS[case["sampler"]].from_config(own.config) if case["sampler"] else own
        return pipeline(
            case["prompt"], negative_prompt=case["negative"], guidance_scale=case["guidance"],
            num_inference_steps=case["steps"], eta=case["eta"], width=case["width"], height=case["height"],
            generator=torch.Generator().manual_seed(case["seed"])).images[0]

    return picture


# Signal tokens


def projector(folder):
    """The module that a folder's configuration describes, and that configuration."""
    torch.manual_seed(31)
    if folder == "signal":
        count, module = 4, projectors.MetaQueryConnector(32, 4, CONDITION)
        config = {
            "_class_name": "MetaQueryConnector", "hidden_size": 32, "encoder_layers": 3, "decoder_layers": 0, "heads": 4,
            "ffn_size": 64, "query_count": 4, "signal_tokens": projectors.signals(count, "<query_{}>"),
            "state_offset": 0, "adds_input_embeddings": False, "null_condition": "learned",
            "prompt_template": "<|im_start|>user\nDraw {prompt}.<|im_end|>\n<|im_start|>assistant\n{signals}"}
    elif folder == "signal-minigpt5":
        count, module = 8, projectors.MiniGPT5Projector(CONDITION, 20)
        config = {
            "_class_name": "MiniGPT5Projector", "hidden_size": CONDITION, "encoder_layers": 2, "decoder_layers": 3,
            "heads": 8, "ffn_size": 64, "query_count": 20, "signal_tokens": projectors.signals(count),
            "state_offset": -1, "adds_input_embeddings": False, "null_condition": "zeros",
            "prompt_template": "### Human: {prompt} ### Assistant: {signals}"}
    else:
        count, module = 8, projectors.GILLMapper(32, 77, CONDITION)
        config = {
            "_class_name": "GILLMapper", "hidden_size": 32, "encoder_layers": 2, "decoder_layers": 3, "heads": 4,
            "ffn_size": 64, "query_count": 77, "signal_tokens": projectors.signals(count), "state_offset": 0,
            "adds_input_embeddings": True, "null_condition": "text", "prompt_template": "{prompt}{signals}"}
    projectors.unsettle(module)
    return module, {"llm_hidden_size": LLM, "output_size": CONDITION} | config


class SignalTokens:
    """What a SignalTokenPipeline folder says, step by step."""

    def __init__(self, folder):
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import CLIPTextModel, CLIPTokenizer, LlamaForCausalLM

        own, shared = HERE / folder, HERE / "signal"
        self.tokenizer = Tokenizer.from_file(str(shared / "llm" / "tokenizer.json"))
        self.llm = LlamaForCausalLM.from_pretrained(shared / "llm", dtype=torch.float32).eval()
        self.config = json.loads((own / "projector" / "config.json").read_text())
        tensors = {
            key: value.float() for key, value in load_file(own / "projector" / "model.safetensors").items()}
        rows = tensors.pop("signal_embeddings.weight", None)
        tensors.pop("signal_head.weight", None)
        if rows is None:
            ids = [self.tokenizer.token_to_id(token) for token in self.config["signal_tokens"]]
            rows = self.llm.get_input_embeddings().weight[ids]
        self.rows = rows
        self.projector, _ = projector(folder)
        self.projector.load_state_dict(tensors)
        self.projector.eval()
        if self.config["null_condition"] == "learned":
            self.null = self.projector.null_condition
        elif self.config["null_condition"] == "zeros":
            self.null = self.projector(torch.zeros(1, len(rows), LLM))
        else:
            tokenizer = CLIPTokenizer.from_pretrained(own / "tokenizer")
            encoder = CLIPTextModel.from_pretrained(own / "text_encoder", dtype=torch.float32).eval()
            self.null = models.clip_states(tokenizer, encoder, [""])

    def load_diffusion(self):
        shared = HERE / "signal"
        self.unet = UNet2DConditionModel.from_pretrained(shared / "unet").eval()
        self.vae = AutoencoderKL.from_pretrained(shared / "vae").eval()
        self.scheduler = DDIMScheduler.from_pretrained(shared / "scheduler")
        return self

    def condition(self, prompt):
        """One pass of the language model over the prompt and the signal tokens, then the projector."""
        text = self.config["prompt_template"].replace("{signals}", "").replace("{prompt}", prompt)
        ids = self.tokenizer.encode(text).ids
        embeddings = torch.cat([self.llm.get_input_embeddings()(torch.tensor(ids)), self.rows])
        states = self.llm.model(inputs_embeds=embeddings[None]).last_hidden_state  # after the final norm
        first = len(ids) + self.config["state_offset"]
        states = states[:, first : first + len(self.rows)]
        return self.projector(states + self.rows if self.config["adds_input_embeddings"] else states)

    def __call__(self, case):
        scheduler, guided = self.scheduler, case["guidance"] > 1
        if case["sampler"]:
            scheduler = SAMPLERS[case["sampler"]].from_config(scheduler.config)
        scheduler.set_timesteps(case["steps"])
        tokens = self.condition(case["prompt"])
        if guided:
            absent = self.null if case["negative"] is None else self.condition(case["negative"])
            tokens = torch.cat([absent, tokens])
        generator = torch.Generator().manual_seed(case["seed"])
        extra = {"eta": case["eta"]} if isinstance(scheduler, DDIMScheduler) else {}
        latents = torch.randn([1, 4, case["height"] // 8, case["width"] // 8], generator=generator)
        latents = latents * scheduler.init_noise_sigma
        for time in scheduler.timesteps:
            scaled = scheduler.scale_model_input(torch.cat([latents] * len(tokens)), time)
            output = self.unet(scaled, time, tokens).sample
            if guided:
                absent, present = output.chunk(2)
                output = absent + case["guidance"] * (present - absent)
            latents = scheduler.step(output, time, latents, generator=generator, **extra).prev_sample
        decoded = self.vae.decode(latents / self.vae.config.scaling_factor).sample
        pixels = ((decoded[0] / 2 + 0.5).clamp(0, 1) * 255).round().byte()
        return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def make_signal():
    models.language_model(HERE / "signal" / "llm", projectors.signals(8))
    classes = {}
    conditions = []
    for folder in ("signal", "signal-minigpt5", "signal-gill"):
        module, config = projector(folder)
        classes[folder], count = config["_class_name"], len(config["signal_tokens"])
        generator = torch.Generator().manual_seed(32)
        rows = {
            f"signal_{name}.weight": 0.5 * torch.randn(count, LLM, generator=generator)
            for name in {"signal": ["embeddings"], "signal-gill": ["embeddings", "head"]}.get(folder, [])}
        models.save_projector(HERE / folder / "projector", module, config, rows)
        if folder == "signal-gill":
            tokenizer = models.clip_tokenizer()
            tokenizer.save_pretrained(HERE / folder / "tokenizer")
            models.clip_text_model(tokenizer, 33).half().save_pretrained(HERE / folder / "text_encoder")
        reference = SignalTokens(folder)
        conditions.append((torch.cat([reference.condition(caption) for caption in CAPTIONS]), reference.null))
        index = {
            "_class_name": "SignalTokenPipeline", "llm": ["transformers", "LlamaForCausalLM"],
            "projector": ["voken", config["_class_name"]], "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"]}
        if config["null_condition"] == "text":
            index |= {"text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}
        write(HERE / folder / "model_index.json", index)
    scheduler = DDIMScheduler(
        **BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="v_prediction",
        rescale_betas_zero_snr=True, timestep_spacing="trailing")
    scheduler.save_pretrained(HERE / "signal" / "scheduler")
    with torch.enable_grad():
        unet = models.train(models.unet(34), scheduler, conditions, steps=750)
    unet.half().save_pretrained(HERE / "signal" / "unet")
    vae = models.autoencoder(35, scaling_factor=1.0, mid_block_add_attention=False)
    vae.half().save_pretrained(HERE / "signal" / "vae")


# Cases

GIRL, FOX, BOAT = "a girl reading", "a red fox in the snow", "  A small\tBLUE boat,  café №7!"
LONG = ", ".join(CAPTIONS[::3])  # more than CLIP's 75 tokens
NEGATIVE = "dark clouds"


def case(folder, prompt, seed, guidance=7.5, negative=None, steps=10, eta=0.0, sampler=None, size=(64, 64)):
    return {
        "folder": folder, "prompt": prompt, "negative": negative, "guidance": guidance, "seed": seed, "steps": steps,
        "eta": eta, "sampler": sampler, "width": size[0], "height": size[1]}


def cases():
    wide = (72, 48)
    yield case("sd1", GIRL, 0)
    yield case("sd1", FOX, 0)
    yield case("sd1", BOAT, 42, negative=NEGATIVE, steps=8, size=wide)
    yield case("sd1", "", 42, guidance=1.0)
    yield case("sd1", GIRL, 0, sampler="ddim")
    yield case("sd1", LONG, 42, sampler="ddim")
    yield case("sd1", FOX, 42, guidance=1.0, eta=0.5, sampler="ddim")
    yield case("sd1", GIRL, 42, negative=NEGATIVE, steps=8, eta=0.5, sampler="ddim", size=wide)
    for sampler in ("euler", "dpm++2m"):
        yield case("sd1", GIRL, 0, sampler=sampler)
        yield case("sd1", BOAT, 42, negative=NEGATIVE, steps=8, sampler=sampler, size=wide)
    for folder in ("signal", "signal-minigpt5", "signal-gill"):
        yield case(folder, GIRL, 0)
        yield case(folder, FOX, 0)
        yield case(folder, GIRL, 42, negative=NEGATIVE)
        yield case(folder, BOAT, 42, negative=NEGATIVE, steps=8, eta=0.5, size=wide)
        yield case(folder, GIRL, 42, guidance=1.0, eta=0.5)
    yield case("signal", "", 42)
    yield case("signal", GIRL, 2**32 + 43)  # PyTorch's generator takes the low 32 bits
    yield case("signal", FOX, 0, guidance=1.0, negative=NEGATIVE, steps=8, size=(48, 72))
    for sampler in ("euler", "dpm++2m"):
        yield case("signal", GIRL, 0, sampler=sampler)
        yield case("signal", BOAT, 42, negative=NEGATIVE, steps=8, sampler=sampler, size=wide)


def main():
    for path in HERE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix == ".png":
            path.unlink()
    make_sd1()
    with torch.no_grad():
        make_signal()
        painters, written = {}, []
        for i, row in enumerate(cases()):
            folder = row["folder"]
            if folder not in painters:
                painters[folder] = stable_diffusion(HERE / folder) if folder == "sd1" else SignalTokens(folder).load_diffusion()
            row["expected"] = f"{i:02}-{folder}.png"
            painters[folder](row).save(HERE / row["expected"], optimize=True)
            written.append(row)
    write(HERE / "cases.json", written)


if __name__ == "__main__":
    main()
