"""Trains the connector and the UNet on latents; runs until it is stopped.

    python denoiser.py --work DIR [--steps N]

v-prediction with zero terminal SNR, every timestep equally likely. The rate is constant after a warm-up,
so training can go on for as long as there is time (`denoiser.pt` is written every few minutes and resumed
from). To take a model out, write a number of steps, or of minutes ("15m"), to the file `anneal` under --work: from
a checkpoint the rate then falls to nothing over that, the averaged weights go to `annealed.pt`, and
training goes back to the checkpoint.

Matrices and convolutions are trained by Muon, the rest by Adam: a CPU can pay for a few thousand steps
only, and each of Muon's does more. It costs the same for a batch of any size, so the batch is large.
"""

import argparse
import copy
import json
import os
import re
import time

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file
from torch import nn

import autoencoder
import checkpoints
from muon import Muon
from threads import Threads

BATCH, RATE, WARMUP, DROPPED, DECAY = 96, 2e-3, 40, 0.1, 0.99
CONNECTOR = dict(llm_hidden_size=576, hidden_size=256, encoder_layers=3, heads=4, ffn_size=1024, query_count=16, output_size=256)
UNET = dict(
    sample_size=16, in_channels=4, out_channels=4, block_out_channels=(64, 128, 256), layers_per_block=1,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    cross_attention_dim=256, attention_head_dim=4, norm_num_groups=32)
SCHEDULER = dict(
    num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
    clip_sample=False, set_alpha_to_one=False, steps_offset=1, rescale_betas_zero_snr=True, timestep_spacing="trailing")


class Connector(nn.Module):
    """The language model's states → conditioning; the attribute names are the keys in the exported file."""

    def __init__(self, llm_hidden_size, hidden_size, encoder_layers, heads, ffn_size, query_count, output_size):
        super().__init__()
        self.in_proj = nn.Linear(llm_hidden_size, hidden_size)
        self.position = nn.Parameter(torch.randn(1, query_count, hidden_size) * 0.02)
        layer = nn.TransformerEncoderLayer(hidden_size, heads, ffn_size, 0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, encoder_layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(hidden_size)
        self.out_proj = nn.Linear(hidden_size, output_size)
        self.null_condition = nn.Parameter(torch.randn(1, query_count, output_size) * 0.02)

    def forward(self, states, dropped=None):
        x = self.out_proj(self.norm(self.encoder(self.in_proj(states) + self.position)))  # (B, 16, 256)
        return x if dropped is None else torch.where(dropped[:, None, None], self.null_condition.to(x.dtype), x)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.connector = Connector(**CONNECTOR)
        self.unet = UNet2DConditionModel(**UNET).to(memory_format=torch.channels_last)
        self.unet.set_attn_processor(AttnProcessor())  # At 64 positions plain products are a sixth of a step faster than a fused kernel.


class Trainer:
    def __init__(self):
        self.model = Model()
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        matrices, rest = [], []
        for name, p in self.model.named_parameters():
            edge = "conv_in" in name or "conv_out" in name or "position" in name or "null_condition" in name
            (matrices if p.ndim >= 2 and not edge else rest).append(p)
        self.muon, self.adam = Muon(matrices), torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.99), weight_decay=0)
        self.step, self.loss = 0, None

    def state(self):
        return dict(model=self.model.state_dict(), average=self.average.state_dict(), muon=self.muon.buffers,
                    adam=self.adam.state_dict(), step=self.step, loss=self.loss)

    def restore(self, state):
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.adam.load_state_dict(state["adam"])
        for mine, theirs in zip(self.muon.buffers, state["muon"]):
            torch._foreach_copy_(mine, theirs)
        self.step, self.loss = state["step"], state["loss"]

    def train(self, data, anneal=1.0):
        rate = RATE * min(1, (self.step + 1) / WARMUP) * anneal
        z, states, t, noise, dropped = data.batch(self.step)
        a, s = data.signal[t][:, None, None, None], data.noise[t][:, None, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            noisy = (a * z + s * noise).contiguous(memory_format=torch.channels_last)
            v = self.model.unet(noisy, t, self.model.connector(states, dropped)).sample
        loss = ((v.float() - (a * noise - s * z)) ** 2).mean()
        self.model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.muon.step(rate)
        for group in self.adam.param_groups:
            group["lr"] = rate / 2
        self.adam.step()
        decay = min(DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
        self.step += 1
        self.loss = loss.item() if self.loss is None else 0.98 * self.loss + 0.02 * loss.item()


class Data:
    """Latents and states in memory; the batch of a step depends on its number alone."""

    def __init__(self, work):
        examples = json.load(open(f"{work}/examples.json"))
        captions = json.load(open(f"{work}/captions.json"))
        known = checkpoints.load(f"{work}/states.pt")
        index = {c: k for k, c in enumerate(known["captions"])}
        self.states = known["states"].float()
        # Removed here, added to `in_proj` and `position` when exporting: the mean at each token, and the
        # spread of each channel. What is left is what one prompt says and another does not. Measured once:
        # captions that are added later must not move what a started training has learned.
        if (statistics := checkpoints.load(f"{work}/statistics.pt")) is None:
            mean = self.states.mean(0)
            statistics = dict(mean=mean, deviation=(self.states - mean).pow(2).mean((0, 1)).sqrt().clamp(min=1e-3))
            checkpoints.save(statistics, f"{work}/statistics.pt")
        self.state_mean, self.state_deviation = statistics["mean"], statistics["deviation"]
        self.states = (self.states - self.state_mean) / self.state_deviation
        self.captions = [[index[captions[c]] for c in e["captions"]] for e in examples]
        weights = np.array([e["weight"] for e in examples])
        self.chances = weights / weights.sum()
        self.latents = latents(work)
        alphas = DDIMScheduler(**SCHEDULER).alphas_cumprod
        self.signal, self.noise = alphas.sqrt(), (1 - alphas).sqrt()

    def batch(self, step):
        random, torch_random = np.random.default_rng([2, step]), torch.Generator().manual_seed(step)
        picks = random.choice(len(self.chances), BATCH, p=self.chances)
        captions = [random.choice(self.captions[i]) for i in picks]
        # One timestep from each of BATCH equal parts of the schedule: the same mean, less noise in it.
        t = torch.from_numpy(((random.permutation(BATCH) + random.random(BATCH)) * (1000 / BATCH)).astype(np.int64))
        dropped = torch.from_numpy(random.random(BATCH) < DROPPED)
        z = self.latents[picks]
        return z, self.states[captions], t, torch.randn(z.shape, generator=torch_random), dropped


def start_from(trainer, data, folder):
    """Takes the weights of an exported model; what export.py folds into the projector is unfolded."""
    unet = UNet2DConditionModel.from_pretrained(f"{folder}/unet").float()
    tensors = {k: v.float() for k, v in load_file(f"{folder}/projector/model.safetensors").items() if not k.startswith("signal_")}
    tensors["position"] = tensors["position"] + data.state_mean @ tensors["in_proj.weight"].T
    tensors["in_proj.weight"] = tensors["in_proj.weight"] * data.state_deviation
    for model in (trainer.model, trainer.average):
        model.unet.load_state_dict(unet.state_dict())
        model.connector.load_state_dict(tensors)


def latents(work):
    """Computed once, saved in `latents.pt`."""
    path = f"{work}/latents.pt"
    if (known := checkpoints.load(path)) is not None:
        return known
    vae = AutoencoderKL.from_pretrained(f"{work}/vae").eval().to(memory_format=torch.channels_last)
    examples, found = np.load(f"{work}/examples.npy", mmap_mode="r"), []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for s in range(0, len(examples), 32):
            found.append(vae.encode(autoencoder.composite(examples[s:s + 32])).latent_dist.mean.float())
    found = torch.cat(found).contiguous()
    print("latents", tuple(found.shape), "deviation", found.std((0, 2, 3)).tolist(), flush=True)
    checkpoints.save(found, path)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--steps", type=int, default=10**9, help="then anneal over a tenth of it and stop")
    parser.add_argument("--init", help="a model folder to start from, with the same autoencoder")
    parser.add_argument("--compile", action="store_true", help="a fifth faster after ten minutes; needs a C++ compiler")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    work, path = arguments.work, f"{arguments.work}/denoiser.pt"
    torch.manual_seed(0)
    threads = Threads(arguments.threads)
    checkpoints.write_pid(work)
    data, trainer = Data(work), Trainer()
    if state := checkpoints.load(path):
        trainer.restore(state)
    elif arguments.init:
        start_from(trainer, data, arguments.init)
    if arguments.compile:
        trainer.model.unet.compile()
    millions = [sum(p.numel() for p in m.parameters()) / 1e6 for m in (trainer.model.unet, trainer.model.connector)]
    print(f"unet {millions[0]:.1f} M, connector {millions[1]:.1f} M parameters, {len(data.latents)} examples", flush=True)
    saved, first, started = time.time(), trainer.step, time.time()

    def report(note=""):
        speed = BATCH * (trainer.step - first) / (time.time() - started)
        print(f"step {trainer.step} loss {trainer.loss:.4f} {speed:.1f} pictures/s {note}", flush=True)

    def anneal(steps=None, minutes=None):
        checkpoints.save(trainer.state(), path)
        begun, done = time.time(), 0
        while (left := 1 - ((done + 1) / (steps + 1) if steps else (time.time() - begun) / 60 / minutes)) > 0:
            threads.adapt()
            trainer.train(data, anneal=left)
            done += 1
            if trainer.step % 20 == 0:
                report("annealing")
        checkpoints.save(dict(average=trainer.average.state_dict(), step=trainer.step, loss=trainer.loss), f"{work}/annealed.pt")

    while trainer.step < arguments.steps:
        threads.adapt()
        trainer.train(data)
        if trainer.step % 20 == 0:
            report(f"{torch.get_num_threads()} threads")
        if time.time() - saved > 180:
            checkpoints.save(trainer.state(), path)
            saved = time.time()
        wanted = f"{work}/anneal"
        if os.path.exists(wanted):
            number, unit = re.fullmatch(r"(\d+)(m?)\s*", open(wanted).read()).groups()
            anneal(minutes=int(number)) if unit else anneal(steps=int(number))
            os.remove(wanted)
            trainer.restore(checkpoints.load(path))
            report("annealed; back at the checkpoint")
    anneal(max(1, arguments.steps // 10))


if __name__ == "__main__":
    main()
