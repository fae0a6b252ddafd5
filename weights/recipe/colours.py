"""Colours measured from pixels, and copies of a picture in other colours."""

import numpy as np
from PIL import Image

from wording import COLOURS


def hsv(pixels):
    return np.asarray(Image.fromarray(pixels[..., :3]).convert("HSV")).astype(int)


def distance(hue, centre):
    return np.abs((hue * 360 / 255 - centre + 180) % 360 - 180)


def shares(pixels):
    """Colour → the share of the drawn area that has it; empty where little is drawn or little is coloured."""
    h, s, v = np.moveaxis(hsv(pixels), 2, 0)
    drawn = pixels[..., 3] > 128
    coloured = drawn & (s > 90) & (v > 70)
    if drawn.sum() < 400 or coloured.sum() < 0.3 * drawn.sum():
        return {}
    return {name: (coloured & (distance(h, hue) < (22 if hue > 60 else 13))).sum() / drawn.sum() for name, hue in COLOURS.items()}


def main_colour(pixels):
    """(name, its hue); None for the name where no colour leads."""
    found = shares(pixels)
    name = max(found, key=found.get, default=None)
    if name is None or found[name] < 0.42:
        return None, 0
    h, s, v = np.moveaxis(hsv(pixels), 2, 0)
    near = (pixels[..., 3] > 128) & (s > 90) & (distance(h, COLOURS[name]) < 25)
    if name in ("orange", "red") and v[near].mean() < 165:
        return "brown", COLOURS[name]
    return name, COLOURS[name]


def recoloured(pixels, hue, target):
    """The pixels near one hue turned to another; shading, outline and the other colours stay."""
    image = hsv(pixels)
    near = (distance(image[..., 0], hue) < 38) & (image[..., 1] > 50)
    if target == "black":
        image[..., 1] = np.where(near, image[..., 1] // 6, image[..., 1])
        image[..., 2] = np.where(near, image[..., 2] // 4, image[..., 2])
    else:
        # Less of the spread of hues around the old one is left; red lies on both sides of zero.
        turned = ((image[..., 0] * 360 / 255 - hue + 180) % 360 - 180) * 0.4 + COLOURS[target]
        image[..., 0] = np.where(near, np.round(turned % 360 * 255 / 360), image[..., 0])
    colours = np.asarray(Image.fromarray(image.astype(np.uint8), "HSV").convert("RGB"))
    return np.concatenate([colours, pixels[..., 3:]], 2)


def colourful(pixels):
    """Not a silhouette or a line drawing."""
    h, s, v = np.moveaxis(hsv(pixels), 2, 0)
    drawn = pixels[..., 3] > 128
    return (drawn & (s > 60) & (v > 60)).sum() > 0.3 * drawn.sum()
