"""Makes the training examples: captions for pictures, recoloured copies and composed scenes.

    python captions.py --work DIR

Reads `pictures.npy` and `pictures.json`; writes `examples.npy` (M, 128, 128, 4; RGBA) and `examples.json`
(captions of each, and how often to show it), with `captions.json` (the distinct captions, in order).

Few samples can be afforded on a CPU, so the choice of what to show decides the result. Each noun gets a
share by how often it is asked for, whatever the number of its pictures; most of that share goes to the
emoji, which are clean and alike in style. A colour is learned from copies of one outline in several
colours; numbers, places, hats, readers and backgrounds from scenes put together here.
"""

import argparse
import collections
import json
import re

import numpy as np

import colours
import scenes
import wording
from wording import COLOURS, COMMON, FIRST, OTHERS, PEOPLE, article, plural, unseen_by_chance, unseen_pair, variants

EMOJI = ("noto", "gemojione")
KEPT = 4  # Pictures of each noun from each source that is not emoji.
# Things whose colour is asked for, so shown in all colours.
COLOURABLE = set("""car apple house flower balloon umbrella book hat heart ball bird fish butterfly boat truck bus shirt dress shoe star rose tulip
mushroom bicycle train robot crown chair pencil kite airplane rocket dinosaur dragon scarf bag tree guitar cup gift motorcycle snake frog""".split())
BLACK = {"car", "cat", "dog", "hat", "bird", "horse", "book", "shoe", "umbrella"}
# Titles of the pictures that show a noun best, where it is not the noun itself: one look is learned sooner than many.
CLEAREST = {
    "car": ["automobile"], "apple": ["red apple"], "tree": ["deciduous tree"], "boat": ["sailboat"], "cat": ["cat face"], "dog": ["dog face"], "moon": ["crescent moon"],
    "ball": ["soccer ball"], "cake": ["birthday cake"], "book": ["open book", "closed book"], "hat": ["top hat"], "flower": ["blossom", "tulip"], "house": ["house"], "horse": ["horse"],
    "fish": ["fish"], "snowman": ["snowman without snow"], "pizza": ["pizza"], "airplane": ["airplane"]}
# Share of each kind of example in what is shown.
SHARES = dict(single=46, recoloured=14, reader=6, hat=4, sun=2, sea=4, house=4, background=3, number=8, place=9)
HEADS = {
    "dog": ["dog face", "dog"], "cat": ["cat face"], "bear": ["bear", "bear face"], "fox": ["fox", "fox face"], "panda": ["panda", "panda face"], "pig": ["pig face"],
    "rabbit": ["rabbit face"], "lion": ["lion", "lion face"], "tiger": ["tiger face"], "cow": ["cow face"], "mouse": ["mouse face"], "monkey": ["monkey face"],
    "frog": ["frog", "frog face"], "koala": ["koala"], "girl": ["girl"], "boy": ["boy"], "man": ["man"], "woman": ["woman"], "smiling face": ["slightly smiling face", "smiling face"],
    "robot": ["robot", "robot face"], "horse": ["horse face"], "baby": ["baby"], "ghost": ["ghost"], "pumpkin": ["jack-o-lantern"], "owl": ["owl"], "child": ["child"], "princess": ["princess"]}
HATS = ["top hat", "woman s hat", "womans hat", "party hat", "propeller hat", "sombrero", "green fedora", "purple hat", "adventurer hat", "feathered hat", "magic hat"]
ANIMALS = "cat dog horse cow sheep rabbit pig fox lion elephant bear duck chicken giraffe monkey tiger squirrel".split()
# What is put beside and above something else: few things, so that how two are placed is seen often enough.
PAIRED = sorted(FIRST - PEOPLE) + "balloon hat mushroom umbrella gift key bell crown cup bus bicycle rabbit".split()
READERS = dict(girl=40, boy=10, woman=10, man=10) | dict.fromkeys("child baby cat dog robot owl fox pig lion monkey tiger mouse cow koala frog panda".split(), 2)
FLYING = "airplane bird rocket balloon butterfly helicopter kite owl eagle bee duck parrot".split()
BOATS = ["sailboat", "motor boat", "speedboat", "ship", "passenger ship", "canoe", "tugboat"]
TONES = re.compile(r": (light|medium|dark|medium-light|medium-dark) skin tone$|( (light|medium|dark|medium-light|medium-dark))? skin tone$| tone ?\d$")


class Collection:
    """Pictures by what they show, and the examples made so far."""

    def __init__(self, work):
        self.pictures = np.load(f"{work}/pictures.npy", mmap_mode="r")
        self.entries = json.load(open(f"{work}/pictures.json"))
        self.random = np.random.default_rng(0)
        self.by_title, self.by_noun = collections.defaultdict(list), collections.defaultdict(list)
        self.made, self.examples, self.parts = [], [], []
        for i, entry in enumerate(self.entries):
            emoji = entry["source"] in EMOJI
            if emoji:
                self.by_title[TONES.sub("", entry["title"].lower()) if TONES.search(entry["title"].lower()) else wording.clean(entry["title"])].append(i)
            elif (title := wording.clean(entry["title"])) in HATS:
                self.by_title[title].append(i)
            for noun in wording.nouns(entry):
                if noun in COMMON | OTHERS:
                    self.by_noun[noun].append(i)

    def emoji(self, noun):
        return [i for i in self.by_noun[noun] if self.entries[i]["source"] in EMOJI]

    def titled(self, titles):
        return [i for title in titles for i in self.by_title[title]]

    def one(self, picks):
        return self.pictures[picks[self.random.integers(len(picks))]]

    def of(self, noun):
        return self.one(self.emoji(noun) or self.by_noun[noun])

    def clearest(self, noun):
        """The picture that shows it best; always the same one."""
        titles = CLEAREST.get(noun, [noun])
        rank = lambda i: (wording.clean(self.entries[i]["title"]) not in titles, self.entries[i]["source"] != "noto", i)
        return self.pictures[min(self.emoji(noun) or self.by_noun[noun], key=rank)]

    def mostly(self, share, clearest, others):
        return clearest if self.random.random() < share else self.one(others)

    def add(self, pixels, captions, weight, kind, origin=None):
        plain = {article(noun) for noun in self.by_noun}
        kept = [c for c in captions if c in plain or not unseen_by_chance(c)]
        if kept:
            self.made.append(np.ascontiguousarray(pixels))
            self.examples.append(dict(captions=kept, weight=weight, kind=kind, origin=origin))


def demand(noun):
    return 6.0 if noun in FIRST else 1.0 if noun in COMMON else 0.3


def singles(c):
    """Every noun's own pictures, and copies of them in other colours."""
    for noun in sorted(c.by_noun):
        picks, emoji = c.by_noun[noun], set(c.emoji(noun))
        others = []
        for source in ("openclipart", "tuxpaint"):
            found = [i for i in picks if c.entries[i]["source"] == source and (colours.colourful(c.pictures[i]) or noun in ("penguin", "panda", "zebra", "skull"))]
            others += sorted(found, key=lambda i: (wording.clean(c.entries[i]["title"]) != noun, i))[:KEPT]
        clearness = {i: (1 if c.entries[i]["source"] == "noto" else 0.4) * (8 if wording.clean(c.entries[i]["title"]) in CLEAREST.get(noun, (noun,)) else 1) for i in emoji}
        clearness = {i: value / sum(clearness.values()) for i, value in clearness.items()}
        for i in [*sorted(emoji), *others]:
            pixels, entry = c.pictures[i], c.entries[i]
            share = (0.95 if others else 1.0) * clearness[i] if i in emoji else (0.05 if emoji else 0.6) / len(others)
            weight = demand(noun) * share
            title = wording.clean(entry["title"])
            captions = variants(article(noun))
            if i in emoji:
                captions += [article(n) for n in wording.nouns(entry)[:1] + wording.ALSO.get(title, []) if n != noun and len(n.split()) < 4] * 2
                keywords = [k for k in entry["keywords"] if re.fullmatch("[a-z ]{3,12}", k) and k not in (noun, "emoji", "face")][:2]
                captions += [f"{article(noun)}, {', '.join(keywords)}"] if keywords and entry["source"] == "gemojione" else []
            colour, hue = colours.main_colour(pixels)
            named = any(word in title.split() for word in [*COLOURS, "brown", "black", "white"])
            if colour and noun not in PEOPLE and "face" not in noun and not named and (colour, noun) not in wording.UNSEEN_COLOURS:
                captions += [article(f"{colour} {noun}")] * 2
            c.add(pixels, captions, weight, "single", i)
            if colour and colour != "brown" and noun in COMMON and noun not in PEOPLE and "face" not in noun and noun not in COLOURS:
                wanted = [o for o in COLOURS if o != colour] + (["black"] if noun in BLACK else [])
                wanted = wanted if noun in COLOURABLE else c.random.permutation(wanted)[:2]
                for other in wanted:
                    if (other, noun) not in wording.UNSEEN_COLOURS:
                        phrase = article(f"{other} {noun}")
                        c.add(colours.recoloured(pixels, hue, other), [phrase] * 4 + [phrase.split(" ", 1)[1], f"a drawing of {phrase}", f"a picture of {phrase}"],
                              share * (2 if noun in COLOURABLE else 0.5) * (1.5 if noun in FIRST else 1), "recoloured", i)
    for who in sorted(PEOPLE):  # Also as people look who are not yellow.
        for i in c.by_title[who]:
            if TONES.search(c.entries[i]["title"].lower()):
                c.add(c.pictures[i], variants(article(who)), demand(who) * 0.06, "single", i)
    for title in ("sun with face",):
        for i in c.by_title[title]:
            c.add(c.pictures[i], ["a smiling sun"] * 4 + ["smiling sun", "a happy sun", "a sun with a face", "the sun with a smile", "a drawing of a smiling sun"], 1, "sun", i)


def faces_and_hats(c):
    book, books = c.one(c.titled(["open book"])[-1:]), c.titled(["open book", "closed book", "blue book", "green book"])
    for who, weight in READERS.items():
        count = 2 * weight if weight > 2 else 8
        for _ in range(count):
            a = article(who)
            c.add(scenes.reading(c.random, c.mostly(0.6, c.clearest(who), c.titled(HEADS[who])), c.mostly(0.85, book, books)),
                  [f"{a} reading"] * 3 + [f"{a} reading a book"] * 2 + [f"{a} with a book", f"a drawing of {a} reading", f"{a} reads a book"], weight / count, "reader")
    hats, hat = c.titled(HATS), c.clearest("hat")
    for who in HEADS:
        if who in wording.UNSEEN_WEARERS:
            continue
        for _ in range({"dog": 60}.get(who, 12)):
            a = article(who)
            c.add(scenes.wearing(c.random, c.mostly(0.6, c.clearest(who), c.titled(HEADS[who])), c.mostly(0.6, hat, hats)), [f"{a} wearing a hat"] * 3 + [f"{a} with a hat", f"{a} in a hat", f"a drawing of {a} wearing a hat"],
                  2.5 if who == "dog" else 1, "hat")
        if who not in ("princess", "pumpkin"):
            for _ in range(3):
                a = article(who)
                c.add(scenes.wearing(c.random, c.mostly(0.6, c.clearest(who), c.titled(HEADS[who])), c.clearest("crown")), [f"{a} wearing a crown", f"{a} with a crown"], 1, "hat")
    for _ in range(16):
        sun = c.one(c.titled(["sun", "black sun with rays"]))
        face = c.one(c.titled(["slightly smiling face", "smiling face", "smiling face with smiling eyes"]))
        c.add(scenes.smiling(c.random, sun, face), ["a smiling sun"] * 4 + ["smiling sun", "a happy sun", "a sun with a smile", "a drawing of a smiling sun"], 0.5, "sun")


def landscapes(c):
    for _ in range(140):
        title = BOATS[c.random.choice(len(BOATS), p=[0.4, 0.15, 0.15, 0.1, 0.1, 0.05, 0.05])]
        picks = c.titled([title]) or c.titled(["sailboat"])
        noun = {"sailboat": "sailboat", "tugboat": "boat", "canoe": "boat", "ship": "ship", "passenger ship": "ship"}.get(title, "boat")
        names = ["boat"] * 3 + [noun]
        captions = [phrase for n in names for phrase in (f"{article(n)} on the sea", f"{article(n)} on the sea", f"{article(n)} on the water", f"a drawing of {article(n)} on the sea", f"{article(n)} in the sea")]
        c.add(scenes.on_sea(c.random, c.one(picks), c.random.random() < 0.3), captions, 1, "sea")
    for noun in "fish whale dolphin shark octopus turtle crab".split():
        for _ in range(6):
            c.add(scenes.in_water(c.random, c.of(noun)), [f"{article(noun)} in the sea", f"{article(noun)} in the water", f"{article(noun)} under water"], 2 if noun == "fish" else 1, "background")
    for _ in range(70):
        house = c.mostly(0.6, c.clearest("house"), c.titled(["house", "house building", "house with garden"]))
        tree = c.mostly(0.6, c.clearest("tree"), c.titled(["deciduous tree", "evergreen tree"]))
        stage, level = grass_or_plain(c)
        x = 0.36 if c.random.random() < 0.5 else 0.64
        stage.put(tree, 1 - x + (0.16 if x < 0.5 else -0.16), level + 0.12, 0.4, 0.6).put(house, x, level + 0.14, 0.58, 0.58)
        side = "right" if x < 0.5 else "left"
        c.add(stage.pixels(), ["a house with a tree"] * 3 + ["a house and a tree", "a house next to a tree", f"a tree to the {side} of a house", "a drawing of a house with a tree"], 1, "house")
    for noun in ANIMALS + ["house", "car", "tree", "flower", "girl", "boy", "robot", "tent", "castle"]:
        for place, build in (("on the grass", scenes.grass), ("in the snow", scenes.snow), ("on the beach", scenes.beach)):
            for _ in range(4 if place == "on the grass" else 2):
                stage, level = build(c.random)
                stage.put(c.of(noun), c.random.uniform(0.44, 0.56), level + 0.16, 0.62, 0.62)
                c.add(stage.pixels(), [f"{article(noun)} {place}"] * 2 + [f"a picture of {article(noun)} {place}"], 1, "background")
    for noun in FLYING:
        for _ in range(6):
            c.add(scenes.sky(c.random).put(c.of(noun), c.random.uniform(0.44, 0.56), 0.8, 0.62, 0.6).pixels(), [f"{article(noun)} in the sky"] * 2 + [f"a flying {noun}"], 1.5, "background")
    for noun in "moon owl castle house rocket cat star tree ghost bat".split():
        for _ in range(6):
            c.add(scenes.night(c.random).put(c.of(noun), 0.5, 0.86, 0.66, 0.66).pixels(), [f"{article(noun)} at night"] * 2 + [f"{article(noun)} in the night"], 1, "background")


def grass_or_plain(c):
    return scenes.grass(c.random) if c.random.random() < 0.6 else (scenes.Stage(), 0.72)


def numbers_and_places(c):
    """One look of each thing, so that few samples teach how many there are and where."""
    simple = sorted(n for n in c.by_noun if n in COMMON and n not in PEOPLE | {"smiling face", "wave", "island"} and c.emoji(n))
    for noun in simple:
        for count, word in ((2, "two"), (3, "three")):
            if (word, noun) not in wording.UNSEEN_COUNTS and (word == "two" or noun in PAIRED):
                weight = 10 if noun == "apple" and count == 2 else 4 if noun in PAIRED else 0.5
                c.add(scenes.counted(c.clearest(noun), count), [f"{word} {plural(noun)}"] * 3 + [f"a picture of {word} {plural(noun)}"], weight, "number")
    unseen = {prompt for prompt, *_ in wording.place_prompts()}
    for _ in range(1100):
        a, b = c.random.choice(PAIRED, 2, replace=False)
        (first, p), (second, q) = coloured(c, a), coloured(c, b)
        if c.random.random() < 0.55:
            captions = [f"{first} and {second}", f"{first} to the left of {second}", f"{second} to the right of {first}"]
            pixels = scenes.beside(c.random, p, q)
        else:
            captions = [f"{first} above {second}", f"{second} below {first}"]
            pixels = scenes.above(p, q)
        if not unseen_pair(a, b) and not unseen & set(captions):
            c.add(pixels, captions, 1, "place")


def coloured(c, noun):
    """(phrase, pixels): a thing, often in some colour that the phrase then names."""
    pixels = c.clearest(noun)
    colour, hue = colours.main_colour(pixels)
    if noun in COLOURABLE and colour and colour != "brown" and c.random.random() < 0.6:
        free = [o for o in COLOURS if (o, noun) not in wording.UNSEEN_COLOURS]
        other = free[c.random.integers(len(free))]
        return article(f"{other} {noun}"), pixels if other == colour else colours.recoloured(pixels, hue, other)
    return article(noun), pixels


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    work = parser.parse_args().work
    c = Collection(work)
    for make in (singles, faces_and_hats, landscapes, numbers_and_places):
        make(c)
    shown = collections.Counter()
    for e in c.examples:
        shown[e["kind"]] += e["weight"]
    for e in c.examples:
        e["weight"] *= SHARES[e["kind"]] / shown[e["kind"]]
    captions = sorted({caption for e in c.examples for caption in e["captions"]})
    index = {caption: k for k, caption in enumerate(captions)}
    for e in c.examples:
        e["captions"] = [index[caption] for caption in e["captions"]]
    np.save(f"{work}/examples.npy", np.stack(c.made))
    json.dump(c.examples, open(f"{work}/examples.json", "w"))
    json.dump(captions, open(f"{work}/captions.json", "w"), indent=0)
    print(len(c.examples), "examples", dict(collections.Counter(e["kind"] for e in c.examples)), len(captions), "captions,", len(c.by_noun), "nouns")


if __name__ == "__main__":
    main()
