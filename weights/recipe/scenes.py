"""Scenes composed of single pictures: beside and above each other, worn, read, and in front of a background."""

import math

import numpy as np
from PIL import Image, ImageDraw

SIZE = 128


def trimmed(pixels):
    ys, xs = np.where(pixels[..., 3] > 16)
    return Image.fromarray(pixels[ys.min():ys.max() + 1, xs.min():xs.max() + 1])


class Stage:
    """A square to draw on; places and sizes are fractions of it, `y` from the top."""

    def __init__(self, background=(255, 255, 255, 0)):
        self.image = Image.new("RGBA", (SIZE, SIZE), background)

    def put(self, pixels, x, bottom, width, height):
        """Centred at `x`, standing on `bottom`, as large as fits in `width` × `height`."""
        part = trimmed(pixels)
        scale = SIZE * min(width / part.width, height / part.height)
        part = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))), Image.LANCZOS)
        layer = Image.new("RGBA", self.image.size)
        layer.paste(part, (round(x * SIZE - part.width / 2), round(bottom * SIZE - part.height)))
        self.image.alpha_composite(layer)
        return self

    def band(self, top, bottom, upper, lower, wave=0.0, phase=0.0):
        """From `top` to `bottom` in a colour that runs from `upper` to `lower`; the edge may swing."""
        pixels = np.asarray(self.image).copy()
        y, x = np.mgrid[:SIZE, :SIZE] / SIZE
        edge = top + wave * np.sin(x * 4 * math.pi + phase)
        share = np.clip((y - top) / (bottom - top), 0, 1)[..., None]
        colour = np.array(upper) * (1 - share) + np.array(lower) * share
        inside = (y >= edge) & (y < bottom)
        pixels[inside] = np.concatenate([colour, np.full((SIZE, SIZE, 1), 255)], 2)[inside].astype(np.uint8)
        self.image = Image.fromarray(pixels)
        return self

    def dots(self, random, count, colour, low=0.0, high=1.0, radius=1):
        pen = ImageDraw.Draw(self.image)
        for _ in range(count):
            x, y = random.uniform(0, SIZE), random.uniform(low * SIZE, high * SIZE)
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], colour)
        return self

    def pixels(self):
        return np.asarray(self.image)


SKY, PALE = (120, 195, 250), (215, 238, 255)


def sky(random):
    return Stage().band(0, 1, SKY, PALE)


def water(stage, random, top):
    return stage.band(top, 1, (60, 150, 230), (20, 90, 190), 0.012, random.uniform(0, 6))


def grass(random):
    level = random.uniform(0.66, 0.74)
    return sky(random).band(level, 1, (120, 200, 80), (70, 155, 50)), level


def snow(random):
    level = random.uniform(0.66, 0.74)
    return Stage().band(0, 1, (150, 190, 225), (205, 225, 240)).band(level, 1, (250, 252, 255), (225, 235, 245)).dots(random, 22, (255, 255, 255, 255), radius=2), level


def beach(random):
    level = random.uniform(0.5, 0.56)
    stage = sky(random)
    return water(stage, random, level).band(level + 0.17, 1, (245, 220, 150), (225, 190, 115), 0.01, 1), level


def night(random):
    return Stage().band(0, 1, (18, 24, 70), (45, 55, 120)).dots(random, 18, (255, 245, 180, 255), high=0.8)


def on_sea(random, thing, white):
    """Half hidden by the water in front of it."""
    level = random.uniform(0.6, 0.68)
    stage = Stage() if white else sky(random)
    stage.put(thing, random.uniform(0.46, 0.54), level + 0.06, random.uniform(0.7, 0.84), 0.64)
    return water(stage, random, level).pixels()


def in_water(random, thing):
    stage = Stage().band(0, 1, (90, 180, 240), (20, 80, 180))
    stage.dots(random, 6, (190, 225, 255, 255), radius=3)
    return stage.put(thing, 0.5, random.uniform(0.74, 0.8), 0.66, 0.6).pixels()


def beside(random, left, right):
    y, size = random.uniform(0.74, 0.78), 0.5
    return Stage().put(left, 0.25, y, size, size).put(right, 0.75, y, size, size).pixels()


def above(upper, lower):
    return Stage().put(upper, 0.5, 0.49, 0.56, 0.48).put(lower, 0.5, 0.99, 0.56, 0.48).pixels()


def counted(thing, count):
    """Two side by side; the third above them."""
    stage = Stage()
    places = {2: [(0.25, 0.76), (0.75, 0.76)], 3: [(0.5, 0.5), (0.25, 1.0), (0.75, 1.0)]}[count]
    for x, bottom in places:
        stage.put(thing, x, bottom, 0.49, 0.49)
    return stage.pixels()


def wearing(random, head, hat):
    side = random.uniform(0.74, 0.8)
    stage = Stage().put(head, 0.5, 0.99, side + 0.1, side)
    return stage.put(hat, 0.5 + random.uniform(-0.03, 0.03), 1 - side + 0.17 * side + 0.03, random.uniform(0.5, 0.58), 0.38).pixels()


def reading(random, head, book):
    stage = Stage().put(head, 0.5 + random.uniform(-0.03, 0.03), random.uniform(0.7, 0.78), 0.84, random.uniform(0.66, 0.74))
    return stage.put(book, 0.5 + random.uniform(-0.02, 0.02), random.uniform(0.96, 1), random.uniform(0.48, 0.6), 0.4).pixels()


def smiling(random, sun, features):
    """A sun with a mouth and eyes taken from a yellow face."""
    side = random.uniform(0.5, 0.56)
    return Stage().put(sun, 0.5, 0.99, 0.98, 0.98).put(features, 0.5, 0.5 + side / 2, side, side).pixels()
