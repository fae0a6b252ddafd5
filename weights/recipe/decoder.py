"""Sharpens the decoder alone, so that latents and what was trained on them stay valid.

    python decoder.py --work DIR --steps N

Reads `vae/` and `latents.pt`, writes `vae-sharp/`. It trains on windows of whole pictures' latents, chosen as
the denoiser's examples are, with a little noise on them: a denoiser's latents are never exact. The loss is
L1 at three scales and the L1 of the gradients, so that edges are rather sharp than in the middle of two places.
Resumes from `decoder.pt`. Only the inner part of a window counts, as its rim lacks what lies around it.
"""

import argparse
import json
import time

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn.functional import avg_pool2d

import autoencoder
import checkpoints
import denoiser

BATCH, WINDOW, RIM, RATE, NOISE = 12, 10, 1, 4e-4, 0.15


def windows(latents, examples, chances, step):
    """Latents (n, 4, 10, 10) with noise, and the pixels (n, 3, 64, 64) of their inner 8×8."""
    random, torch_random = np.random.default_rng([3, step]), torch.Generator().manual_seed(step)
    z, pixels = [], []
    for i in random.choice(len(chances), BATCH, p=chances):
        y, x = random.integers(0, 16 - WINDOW + 1, 2)
        z.append(latents[i, :, y:y + WINDOW, x:x + WINDOW])
        inner = slice((y + RIM) * 8, (y + WINDOW - RIM) * 8), slice((x + RIM) * 8, (x + WINDOW - RIM) * 8)
        pixels.append(examples[i][inner])
    z = torch.stack(z)
    spread = torch.rand(BATCH, 1, 1, 1, generator=torch_random) * NOISE
    return z + spread * torch.randn(z.shape, generator=torch_random), autoencoder.composite(np.stack(pixels))


def difference(r, x):
    total = sum((a - b).abs().mean() for a, b in zip(autoencoder.gradients(r), autoencoder.gradients(x)))
    for scale in (1, 2, 4):
        total = total + (avg_pool2d(r, scale) - avg_pool2d(x, scale)).abs().mean()
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--steps", type=int, default=2000)
    arguments = parser.parse_args()
    work, path, step = arguments.work, f"{arguments.work}/decoder.pt", 0
    torch.set_num_threads(1)
    model = AutoencoderKL.from_pretrained(f"{work}/vae").float().to(memory_format=torch.channels_last)
    trained = [*model.decoder.parameters(), *model.post_quant_conv.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), weight_decay=0)
    if state := checkpoints.load(path):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    latents, examples = denoiser.latents(work), np.load(f"{work}/examples.npy", mmap_mode="r")
    pictures = np.load(f"{work}/pictures.npy", mmap_mode="r")
    tested = np.asarray(pictures[np.arange(len(pictures)) % 40 == 0])
    # The pictures that autoencoder.py holds out are held out here too; all else in proportion to how often it is shown, but less unevenly.
    entries = json.load(open(f"{work}/examples.json"))
    chances = np.array([0 if e["origin"] is not None and e["origin"] % 40 == 0 else e["weight"] ** 0.5 for e in entries])
    chances /= chances.sum()
    if step == 0:
        print(f"held-out psnr {autoencoder.psnr(model, tested):.2f} dB at first", flush=True)

    started, first, running = time.time(), step, 0
    while step < arguments.steps:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / arguments.steps)
        z, x = windows(latents, examples, chances, step)
        with torch.autocast("cpu", torch.bfloat16):
            r = model.decode(z.contiguous(memory_format=torch.channels_last)).sample
        r = r.float()[..., 8 * RIM:-8 * RIM, 8 * RIM:-8 * RIM]
        loss = difference(r, x)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        running = loss.item() if step == first + 1 else 0.98 * running + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"step {step} loss {running:.4f} {BATCH * (step - first) / (time.time() - started):.1f} windows/s", flush=True)
        if step % 200 == 0:
            checkpoints.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step), path)
    model.eval()
    print(f"held-out psnr {autoencoder.psnr(model, tested):.2f} dB after {step} steps of {BATCH} windows", flush=True)
    model.save_pretrained(f"{work}/vae-sharp")


if __name__ == "__main__":
    main()
