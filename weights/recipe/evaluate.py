"""Measures an exported model on pictures drawn with fixed seeds.

    python evaluate.py --work DIR --model FOLDER --llm FILE.gguf [--out JSON]

Objects: does the judge (judge.py) see the noun, in a wording that was trained on and in one that was not?
Colours and places are read from pixels, for combinations trained on and held out. Fréchet distance in the
judge's features, against real pictures that neither it nor the model's score was fitted to. Distance to
the nearest training picture, so that copying is visible. PSNR of the autoencoder. Everything is drawn with
diffusers from the exported folder: DDIM, 20 steps, guidance 3, bf16, first seed only.
"""

import argparse
import json
import os

import numpy as np
import torch
from diffusers import AutoencoderKL

import autoencoder
import colours
import judge as judges
import sample
import wording
from captions import EMOJI, Collection
from wording import COLOURS, article

SEED, GROUND = 0, 24


def with_alpha(pictures):
    """Drawn pictures have no alpha: what differs from the colour of the corners counts as drawn."""
    corners = np.median(np.stack([pictures[:, y, x] for y in (1, -2) for x in (1, -2)]), 0)[:, None, None]
    drawn = np.abs(pictures.astype(int) - corners).max(3) > GROUND
    return np.concatenate([pictures, (drawn * 255).astype(np.uint8)[..., None]], 3)


def object_prompts(nouns):
    """(seen wording of every third noun, unseen wording of each); the unseen ones take turns."""
    return [article(n) for n in nouns[::3]], [wording.UNSEEN_WORDINGS[k % len(wording.UNSEEN_WORDINGS)].format(article(n)) for k, n in enumerate(nouns)]


def colour_prompts(captions):
    """(colour, noun) combinations: as many that are in the training captions as are held out, and those."""
    unseen = wording.UNSEEN_COLOURS
    nouns = [noun for _, noun in unseen]
    names, seen = list(COLOURS), []
    for k, noun in enumerate(nouns):
        seen += [(c, noun) for c in names[k % 7:] + names[:k % 7] if article(f"{c} {noun}") in captions and (c, noun) not in unseen][:1]
    return seen, unseen


def colour_seen(picture):
    found = colours.shares(picture)
    return max(found, key=found.get) if found else None


def centre(picture, name):
    """(y, x) of a colour, where at least 2% of the picture has it."""
    h, s, v = np.moveaxis(colours.hsv(picture), 2, 0)
    hue = COLOURS[name]
    ys, xs = np.where((s > 90) & (v > 70) & (colours.distance(h, hue) < (30 if hue > 60 else 20)))
    return (ys.mean(), xs.mean()) if len(ys) > 0.02 * h.size else None


def frechet(a, b):
    """Between Gaussians fitted to two sets of features (Heusel et al., 2017)."""
    (m, c), (n, d) = [(x.mean(0), np.cov(x.T)) for x in (a, b)]
    eigenvalues = np.linalg.eigvals(c @ d)
    return float(((m - n) ** 2).sum() + np.trace(c) + np.trace(d) - 2 * np.sqrt(eigenvalues.clip(min=0) if np.isrealobj(eigenvalues) else eigenvalues.real.clip(min=0)).sum())


def tops(scores, right, nouns):
    """Top-1 and top-5; `right` holds the nouns that may be answered for each."""
    order = scores.argsort(1, descending=True)
    hits = lambda k: float(np.mean([any(nouns[c] in r for c in row[:k]) for row, r in zip(order.tolist(), right)]))
    return dict(top1=hits(1), top5=hits(5))


def tiny(pictures):
    """(n, 32·32·3) in 0…1, for distances."""
    return torch.nn.functional.interpolate(judges.small(pictures), (32, 32), mode="area").flatten(1) / 2 + 0.5


def nearest(pictures, training):
    """Median over pictures of the root mean square difference to the nearest training picture."""
    return float((torch.cdist(tiny(pictures), training).min(1).values / training.shape[1] ** 0.5).median())


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--out", help="JSON; printed in any case")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg-scale", type=float, default=3)
    parser.add_argument("--judge-steps", type=int, default=2000)
    arguments = parser.parse_args()
    collection = Collection(arguments.work)
    pictures = collection.pictures
    with torch.enable_grad():
        judge, nouns, held_out = judges.trained(f"{arguments.work}/judge.pt", pictures, collection.by_noun, arguments.judge_steps)

    def judged(images):
        features, scores = zip(*(judge(judges.small(images[s:s + 64])) for s in range(0, len(images), 64)))
        return torch.cat(features).numpy(), torch.cat(scores)

    real = np.stack([pictures[held_out[n]] for n in nouns])
    real_features, real_scores = judged(real)
    report = dict(nouns=len(nouns), ceiling=tops(real_scores, [[m for m in nouns if held_out[n] in collection.by_noun[m]] for n in nouns], nouns))
    known = sorted({i for n in nouns for i in collection.by_noun[n] if collection.entries[i]["source"] in EMOJI} - set(held_out.values()))
    known_features, known_scores = judged(np.stack([pictures[i] for i in known]))
    report["emoji_it_has_seen"] = tops(known_scores, [[m for m in nouns if i in collection.by_noun[m]] for i in known], nouns)

    asked = nouns[::2]  # Drawing is what takes time here.
    seen, unseen = object_prompts(asked)
    seen_colours, unseen_colours = colour_prompts(set(json.load(open(f"{arguments.work}/captions.json"))))
    places = wording.place_prompts()
    prompts = [*seen, *unseen, *(article(f"{c} {n}") for c, n in [*seen_colours, *unseen_colours]), *(p[0] for p in places)]
    drawn = sample.draw(arguments.model, arguments.llm, prompts, arguments.steps, arguments.cfg_scale, SEED, rounded=True)
    parts = np.split(drawn, np.cumsum([len(seen), len(unseen), len(seen_colours), len(unseen_colours)]))

    (seen_features, seen_scores), (unseen_features, unseen_scores) = judged(parts[0]), judged(parts[1])
    alone = [[n] for n in asked]
    report["objects"] = dict(seen_wording=tops(seen_scores, alone[::3], nouns), unseen_wording=tops(unseen_scores, alone, nouns))
    report["objects"]["top5_share_of_ceiling"] = report["objects"]["unseen_wording"]["top5"] / report["ceiling"]["top5"]
    report["colours"] = {kind: float(np.mean([colour_seen(picture) == colour for picture, (colour, _) in zip(with_alpha(part), wanted)]))
                         for kind, part, wanted in (("seen", parts[2], seen_colours), ("unseen", parts[3], unseen_colours))}
    right, both = [], []
    for picture, (_, p, q, axis, sign) in zip(parts[4], places):
        first, second = centre(picture, p), centre(picture, q)
        both.append(first is not None and second is not None)
        right.append(both[-1] and (first[axis] - second[axis]) * sign > 0)
    report["places"] = dict(prompts=len(places), both_colours_present=float(np.mean(both)), right=float(np.mean(right)))

    report["frechet"] = dict(generated_to_held_out=frechet(np.concatenate([seen_features, unseen_features]), real_features),
                             training_to_held_out=frechet(known_features, real_features), generated_to_training=frechet(np.concatenate([seen_features, unseen_features]), known_features))

    examples = np.load(f"{arguments.work}/examples.npy", mmap_mode="r")
    training = torch.cat([tiny(examples[s:s + 256]) for s in range(0, len(examples), 256)])
    vae = AutoencoderKL.from_pretrained(f"{arguments.model}/vae").float().eval()
    tested = np.asarray(pictures[np.arange(len(pictures)) % 40 == 0][::2])
    report["autoencoder_psnr"] = autoencoder.psnr(vae, tested)
    some = examples[np.linspace(0, len(examples) - 1, 64).astype(int)]
    rebuilt = ((vae.decode(vae.encode(autoencoder.composite(some)).latent_dist.mean).sample / 2 + 0.5).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy()
    report["nearest_training_picture"] = dict(generated=nearest(np.concatenate(parts[:2]), training), training_through_autoencoder=nearest(rebuilt, training),
                                              between_training_pictures=float((torch.cdist(training[:512], training).kthvalue(2).values / training.shape[1] ** 0.5).median()))

    text = json.dumps(report, indent=2)
    print(text)
    if arguments.out:
        with open(arguments.out + ".new", "w") as file:
            file.write(text + "\n")
        os.replace(arguments.out + ".new", arguments.out)
    for name, value in report.items():
        for key, number in (value.items() if isinstance(value, dict) else [("", value)]):
            shown = ", ".join(f"{k} {v:.3f}" for k, v in number.items()) if isinstance(number, dict) else f"{number:.3f}"
            print(f"| {name} {key} | {shown} |")


if __name__ == "__main__":
    main()
