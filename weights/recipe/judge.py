"""The judge of evaluate.py: a small classifier that shares nothing with the model it judges.

It learns the nouns that have enough real pictures, from those pictures (not from composed or recoloured
ones), turned, scaled, shifted, blurred, recoloured and put on other backgrounds. One picture of each noun
is never shown to it; its accuracy on those is the ceiling that the model's pictures are compared with.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, gelu, grid_sample, interpolate, relu

import checkpoints
from wording import COLOURS

SIDE, BATCH, FEATURES, FEWEST = 64, 64, 64, 3


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.second = nn.Conv2d(inputs, outputs, 3, 2, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.norms = nn.ModuleList([nn.GroupNorm(8, outputs), nn.GroupNorm(8, outputs)])

    def forward(self, x):
        x = relu(self.norms[0](self.first(x)))
        return x + relu(self.norms[1](self.second(x)))


class Judge(nn.Module):
    """(n, 3, 64, 64) in −1…1 → features (n, 64) and scores of the nouns."""

    def __init__(self, nouns):
        super().__init__()
        self.nouns = nouns
        self.body = nn.Sequential(Block(3, 24), Block(24, 48), Block(48, 96), Block(96, 128))
        self.norm = nn.LayerNorm(256)
        self.features, self.scores = nn.Linear(256, FEATURES), nn.Linear(FEATURES, len(nouns))

    def forward(self, x):
        x = self.body(x)
        features = gelu(self.features(self.norm(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))))
        return features, self.scores(nn.functional.dropout(features, 0.2, self.training))


def small(pictures):
    """(n, H, W, 3 or 4) bytes → (n, 3, 64, 64) in −1…1, on white."""
    x = torch.from_numpy(np.array(pictures)).float().permute(0, 3, 1, 2) / 255
    if x.shape[1] == 4:
        x = x[:, :3] * x[:, 3:] + 1 - x[:, 3:]
    return interpolate(x, (SIDE, SIDE), mode="area") * 2 - 1


def varied(x, random):
    """(n, 4, 64, 64) in 0…1 with alpha → (n, 3, 64, 64) in −1…1: the same things, drawn differently."""
    n = len(x)
    uniform = lambda low, high: torch.rand(n, generator=random) * (high - low) + low
    angle, scale = uniform(-0.25, 0.25), uniform(0.9, 1.35)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    c, s = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack([torch.stack([c * flip, -s, uniform(-0.2, 0.2)], 1), torch.stack([s * flip, c, uniform(-0.2, 0.2)], 1)], 1)
    # Premultiplied, so that what is hidden behind alpha does not bleed in.
    x = grid_sample(torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], 1), nn.functional.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    ground = torch.where(uniform(0, 1)[:, None] < 0.6, torch.ones(n, 3), torch.rand(n, 3, generator=random))[..., None, None]
    x = x[:, :3] + ground * (1 - x[:, 3:])
    if torch.rand(1, generator=random) < 0.25:
        x = x[:, torch.randperm(3, generator=random)]
    x = (x - 0.5) * uniform(0.7, 1.2)[:, None, None, None] + 0.5 + uniform(-0.12, 0.12)[:, None, None, None]
    soft = interpolate(interpolate(x, scale_factor=0.5, mode="area"), (SIDE, SIDE), mode="bilinear")
    x = torch.where((uniform(0, 1) < 0.5)[:, None, None, None], soft, x)
    return (x + 0.03 * torch.randn(x.shape, generator=random)).clamp(0, 1) * 2 - 1


def chosen(by_noun):
    """The nouns with enough pictures, and for each the one that is held out."""
    nouns = sorted(n for n, picks in by_noun.items() if len(set(picks)) >= FEWEST and n.split()[0] not in COLOURS)
    held_out = {n: sorted(set(by_noun[n]))[np.random.default_rng(k).integers(len(set(by_noun[n])))] for k, n in enumerate(nouns)}
    return nouns, held_out


def trained(path, pictures, by_noun, steps):
    """(judge, nouns, held-out picture of each); read from `path` where it is there."""
    nouns, held_out = chosen(by_noun)
    judge = Judge(nouns)
    if (state := checkpoints.load(path)) and state["nouns"] == nouns:
        judge.load_state_dict(state["weights"])
        return judge.eval(), nouns, held_out
    shown = sorted({i for n in nouns for i in by_noun[n]} - set(held_out.values()))
    labels = torch.zeros(len(shown), len(nouns))
    for k, i in enumerate(shown):
        for c, n in enumerate(nouns):
            labels[k, c] = i in by_noun[n]
    chances = (labels / labels.sum(0)).sum(1)
    labels /= labels.sum(1, keepdim=True)
    x = torch.from_numpy(np.stack([pictures[i] for i in shown])).float().permute(0, 3, 1, 2) / 255
    x = interpolate(torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], 1), (SIDE, SIDE), mode="area")
    x = torch.cat([x[:, :3] / x[:, 3:].clamp(min=1e-3), x[:, 3:]], 1).clamp(0, 1)
    torch.manual_seed(0)
    random, optimizer, started = torch.Generator().manual_seed(0), torch.optim.AdamW(judge.parameters(), lr=1e-3, weight_decay=0.02), time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 50) * (1 - step / steps)
        picks = torch.multinomial(chances, BATCH, True, generator=random)
        with torch.autocast("cpu", torch.bfloat16):
            _, scores = judge(varied(x[picks], random))
        loss = cross_entropy(scores.float(), labels[picks], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0:
            print(f"judge: step {step + 1} of {steps}, loss {loss.item():.3f}, {time.time() - started:.0f} s", flush=True)
    checkpoints.save(dict(nouns=nouns, weights=judge.state_dict()), path)
    return judge.eval(), nouns, held_out
