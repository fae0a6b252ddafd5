"""Trains the autoencoder: 128×128 pixels to 16×16×4 latents and back.

    python autoencoder.py --work DIR --steps 4000

It learns from 64-pixel crops (it has no attention, so a crop teaches it as much per pixel as a whole
picture and four times as many different ones fit in a batch), with L1 + L2 + the L1 of the gradients
(edges are what one sees in clip art) and a small KL term. Resumes from `autoencoder.pt`. At the end the
latents' mean and deviation are folded into the 1×1 quantisation convolutions: latents then have mean 0
and deviation 1 per channel, and `scaling_factor` is 1. decoder.py then sharpens the decoder alone.
"""

import argparse
import math
import time

import numpy as np
import torch
from diffusers import AutoencoderKL

import checkpoints

BATCH, CROP, RATE, KL = 16, 64, 1e-3, 2e-4


def new_model():
    return AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, sample_size=128, scaling_factor=1.0,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 64, 128, 128), layers_per_block=1, norm_num_groups=16,
        mid_block_add_attention=False)


def composite(pictures):
    """(n, H, W, 4) uint8 with alpha → (n, 3, H, W) float in −1…1 on white."""
    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).float().permute(0, 3, 1, 2)
    alpha = pixels[:, 3:] / 255
    return ((pixels[:, :3] * alpha + 255 * (1 - alpha)) / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def batch(pictures, random):
    crops = np.empty((BATCH, CROP, CROP, 4), np.uint8)
    for k in range(BATCH):
        i = random.integers(len(pictures))
        y, x = random.integers(0, pictures.shape[1] - CROP + 1, 2)
        crop = pictures[i, y:y + CROP, x:x + CROP]
        if random.random() < 0.3:  # Any colour may meet any shape.
            crop = crop[..., [*random.permutation(3), 3]]
        crops[k] = crop[:, ::-1] if random.random() < 0.5 else crop
    return composite(crops)


def gradients(image):
    return image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]


def psnr(model, pictures, count=256):
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
    parser.add_argument("--steps", type=int, default=4000)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(2)
    checkpoints.write_pid(arguments.work)
    everything = np.load(f"{arguments.work}/pictures.npy", mmap_mode="r")
    held_out = np.arange(len(everything)) % 40 == 0
    pictures = np.ascontiguousarray(everything[~held_out])

    model = new_model().to(memory_format=torch.channels_last)
    trained = list(model.parameters())
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), weight_decay=0)
    path, step = f"{arguments.work}/autoencoder.pt", 0
    if state := checkpoints.load(path):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]

    started, first = time.time(), step
    while step < arguments.steps:
        random = np.random.default_rng([1, step])
        # A constant rate with warm-up, falling to nothing over the last third.
        rate = RATE * min(1, (step + 1) / 100, (arguments.steps - step) / (arguments.steps / 3))
        for group in optimizer.param_groups:
            group["lr"] = rate
        x = batch(pictures, random)
        with torch.autocast("cpu", torch.bfloat16):
            posterior = model.encode(x).latent_dist
            mean, logvar = posterior.mean.float(), posterior.logvar.float().clamp(-20, 6)
            z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
            r = model.decode(z).sample.float()
        kl = 0.5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
        edges = sum((a - b).abs().mean() for a, b in zip(gradients(r), gradients(x)))
        square = ((r - x) ** 2).mean()
        loss = (r - x).abs().mean() + 0.5 * edges + square + KL * kl
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        if step % 50 == 0:
            speed = BATCH * (step - first) / (time.time() - started)
            print(f"step {step} loss {loss.item():.4f} crop psnr {10 * math.log10(4 / square.item()):.2f} "
                  f"kl {kl.item():.2f} {speed:.1f} crops/s", flush=True)
        if step % 200 == 0:
            checkpoints.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step), path)

    model.eval()
    print(f"held-out psnr {psnr(model, everything[held_out]):.2f} dB after {step} steps of {BATCH} crops", flush=True)
    fold_statistics(model, pictures)
    model.save_pretrained(f"{arguments.work}/vae")


if __name__ == "__main__":
    main()
