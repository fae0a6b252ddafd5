"""Trains the autoencoder: 128×128 pixels to 16×16×4 latents and back.

    python autoencoder.py --work DIR --steps 4000 | --minutes 30 [--init FOLDER]

It learns from 64-pixel crops (it has no attention, so a crop teaches it as much per pixel as a whole
picture and four times as many different ones fit in a batch), with L1 + L2 + the L1 of the gradients
(edges are what one sees in clip art) and a small KL term. Half of the crops are of pictures chosen as evenly
as they come, half as the denoiser's examples are; some are of pictures at half their size, as in scenes.
`--init` goes on from an autoencoder; its latents are kept near, so that a denoiser need not begin again.
Resumes from `autoencoder.pt`. At the end the latents' mean and deviation are folded into the 1×1 quantisation
convolutions: latents then have mean 0 and deviation 1 per channel, and `scaling_factor` is 1.
"""

import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn.functional import avg_pool2d

import checkpoints
from muon import Muon
from threads import Threads

BATCH, CROP, RATE, KL, NEAR = 16, 64, 1e-3, 2e-4, 0.02


def new_model():
    return AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, sample_size=128, scaling_factor=1.0,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 64, 128, 128), layers_per_block=1, norm_num_groups=16,
        mid_block_add_attention=False)


def composite(pictures, ground=None):
    """(n, H, W, 4) uint8 with alpha → (n, 3, H, W) float in −1…1 on white, or on the colours `ground` (n, 3)."""
    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).float().permute(0, 3, 1, 2)
    alpha = pixels[:, 3:] / 255
    ground = 255 if ground is None else torch.from_numpy(ground).float()[..., None, None]
    return ((pixels[:, :3] * alpha + ground * (1 - alpha)) / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def chances(work, kept):
    """How often each picture is shown; none that is not in `kept`."""
    weights = np.zeros(len(kept))
    for example in json.load(open(f"{work}/examples.json")):
        if example["origin"] is not None:
            weights[example["origin"]] += example["weight"]
    weights = np.where(kept, weights, 0) ** 0.5
    return 0.5 * weights / weights.sum() + 0.5 * kept / kept.sum()


def batch(pictures, picks, random):
    whole = composite(pictures[picks], np.where(random.random((BATCH, 1)) < 0.75, 255, random.integers(0, 256, (BATCH, 3))))
    crops = []
    for x in whole:
        if random.random() < 0.25:
            x = avg_pool2d(x, 2)
        else:
            top, left = random.integers(0, x.shape[1] - CROP + 1, 2)
            x = x[:, top:top + CROP, left:left + CROP]
        if random.random() < 0.3:  # Any colour may meet any shape.
            x = x[torch.from_numpy(random.permutation(3))]
        crops.append(x.flip(2) if random.random() < 0.5 else x)
    return torch.stack(crops).contiguous(memory_format=torch.channels_last)


def gradients(image):
    return image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]


def psnr(model, pictures):
    """Over whole pictures, evenly picked; one picture in 40 is never trained on (see `main`)."""
    with torch.no_grad():
        error = 0
        for s in range(0, len(pictures), 16):
            x = composite(pictures[s:s + 16])
            r = model.decode(model.encode(x).latent_dist.mean).sample.clamp(-1, 1)
            error += ((r - x) ** 2).mean((1, 2, 3)).sum().item()
    return 10 * math.log10(4 * len(pictures) / error)


def fold_statistics(model, pictures, count=1024):
    """Makes latents N(0, 1) per channel without changing what is reconstructed."""
    with torch.no_grad():
        picks = np.linspace(0, len(pictures) - 1, count).astype(int)
        z = torch.cat([model.encode(composite(pictures[picks[s:s + 16]])).latent_dist.mean for s in range(0, count, 16)])
        mean, deviation = z.mean((0, 2, 3)), z.std((0, 2, 3))
        quant, post = model.quant_conv, model.post_quant_conv
        post.bias += torch.einsum("oi,i->o", post.weight[:, :, 0, 0], mean)
        post.weight *= deviation[None, :, None, None]
        n = len(mean)
        quant.weight[:n] /= deviation[:, None, None, None]
        quant.bias[:n] = (quant.bias[:n] - mean) / deviation
        quant.bias[n:] -= 2 * deviation.log()
        print("latents had mean", mean.tolist(), "deviation", deviation.tolist())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int)
    length.add_argument("--minutes", type=float)
    parser.add_argument("--init", help="the folder of an autoencoder to go on from")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    threads = Threads(os.cpu_count())
    checkpoints.write_pid(arguments.work)
    pictures = np.load(f"{arguments.work}/pictures.npy")
    held_out = np.arange(len(pictures)) % 40 == 0
    shown = chances(arguments.work, ~held_out)

    model = AutoencoderKL.from_pretrained(arguments.init).float() if arguments.init else new_model()
    model = model.to(memory_format=torch.channels_last).train()
    first = copy.deepcopy(model).requires_grad_(False) if arguments.init else None
    if first:
        print(f"held-out psnr {psnr(model, pictures[held_out][::2]):.2f} dB at first", flush=True)
    edges = {model.encoder.conv_in.weight, model.decoder.conv_out.weight}
    matrices = [p for p in model.parameters() if p.ndim > 1 and p not in edges]
    rest = [p for p in model.parameters() if p.ndim == 1 or p in edges]
    muon, adam = Muon(matrices, weight_decay=0), torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.99), weight_decay=0)
    path, step, done = f"{arguments.work}/autoencoder.pt", 0, 0.0
    if state := checkpoints.load(path):
        model.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        for mine, theirs in zip(muon.buffers, state["muon"]):
            torch._foreach_copy_(mine, theirs)
        step, done = state["step"], state["done"]

    begun, averages = time.time(), None
    while done < 1:
        random = np.random.default_rng([1, step])
        threads.adapt()
        started, rate = time.time(), RATE * min(1, (step + 1) / 50) * min(1, 1.2 * (1 - done))
        x = batch(pictures, random.choice(len(pictures), BATCH, p=shown), random)
        with torch.autocast("cpu", torch.bfloat16):
            posterior = model.encode(x).latent_dist
            mean, logvar = posterior.mean.float(), posterior.logvar.float().clamp(-20, 6)
            z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
            r = model.decode(z).sample.float()
            if first:
                with torch.no_grad():
                    before = first.encode(x).latent_dist.mean.float()
        kl = 0.5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
        steepness = sum((a - b).abs().mean() for a, b in zip(gradients(r), gradients(x)))
        square, moved = ((r - x) ** 2).mean(), ((mean - before) ** 2).mean() if first else torch.zeros(())
        loss = (r - x).abs().mean() + 0.5 * steepness + square + KL * kl + NEAR * moved
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step(rate)
        for group in adam.param_groups:
            group["lr"] = rate / 2
        adam.step()
        step += 1
        done += 1 / arguments.steps if arguments.steps else (time.time() - started) / 60 / arguments.minutes
        now = torch.stack([loss, square, kl, moved, logvar.mean()]).detach()
        averages = now if averages is None else 0.98 * averages + 0.02 * now
        if step % 50 == 0:
            speed = BATCH * 50 / (time.time() - begun)
            begun = time.time()
            loss, square, kl, moved, logvar = averages.tolist()
            print(f"step {step} ({done:.0%}) loss {loss:.4f} crop psnr {10 * math.log10(4 / square):.2f} kl {kl:.2f} "
                  f"moved {moved:.3f} noise {math.exp(logvar / 2):.3f} {speed:.1f} crops/s", flush=True)
        if step % 200 == 0:
            checkpoints.save(dict(model=model.state_dict(), adam=adam.state_dict(), muon=muon.buffers, step=step, done=done), path)

    model.eval()
    print(f"held-out psnr {psnr(model, pictures[held_out][::2]):.2f} dB after {step} steps of {BATCH} crops", flush=True)
    fold_statistics(model, pictures[~held_out])
    model.save_pretrained(f"{arguments.work}/vae")


if __name__ == "__main__":
    main()
