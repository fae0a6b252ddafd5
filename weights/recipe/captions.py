"""Makes the training examples: cleaned captions, recoloured copies and composed pictures.

    python captions.py --work DIR

Reads `pictures.npy` and `pictures.json`; writes `examples.npy` (M, 128, 128, 4; RGBA) and `examples.json`
(captions of each, and how often to show it), with `captions.json` (the distinct captions, in order).

Few samples can be afforded on a CPU, so the choice of what to show decides the result: names that
people type are shown often, lone glyphs and doubles (flags, skin tones, clock faces, families) never.
A word for colour is learned from copies of one outline in several colours, a number from copies side by side.
"""

import argparse
import collections
import json
import re

import numpy as np
from PIL import Image

COLOURS = {"red": 0, "orange": 28, "yellow": 52, "green": 120, "blue": 218, "purple": 275, "pink": 325}

# Nouns that people ask for first; pictures that show one of them count several times.
COMMON = set("""
apple banana orange lemon pear grapes cherry cherries strawberry watermelon pineapple peach tomato carrot corn mushroom bread
cheese egg hamburger pizza cake cookie doughnut candy lollipop sandwich coffee milk bottle glass cup
cat kitten dog puppy horse cow pig sheep goat mouse rabbit hamster bear panda koala lion tiger elephant giraffe zebra monkey gorilla
fox wolf deer squirrel kangaroo camel bird chicken rooster duck eagle owl penguin parrot flamingo swan fish shark dolphin whale octopus
crab turtle snake frog crocodile lizard dinosaur dragon unicorn bee butterfly ladybug spider ant snail bat
tree flower rose tulip sunflower cactus leaf mountain volcano island sea wave sun moon star cloud rainbow snowflake snowman fire
house home castle church tent bridge tower windmill building school hospital car automobile bus truck tractor train locomotive bicycle
motorcycle airplane helicopter rocket boat ship sailboat ambulance taxi scooter
ball football basketball baseball tennis guitar violin piano trumpet drum saxophone book books pencil pen paintbrush scissors hammer
key lock lamp candle clock watch umbrella hat crown shirt dress shoe glasses ring heart balloon gift teddy robot ghost pumpkin skull
computer laptop telephone phone camera television radio bell envelope chair couch bed door window
girl boy woman man baby child person princess prince king queen angel santa clown teacher doctor farmer cook artist singer student
witch fairy mermaid vampire ninja detective astronaut pilot firefighter face smile smiling reading dancing running swimming
""".split())

PEOPLE = set("""girl boy woman man baby child person princess prince king queen angel santa clown teacher doctor farmer cook artist singer
student witch fairy mermaid vampire ninja detective astronaut pilot firefighter""".split())

# Other words for what a title names.
ALSO = {
    "red apple": ["apple"], "green apple": ["apple"], "automobile": ["car"], "oncoming automobile": ["car"], "racing car": ["car"],
    "sport utility vehicle": ["car"], "recreational vehicle": ["car"], "house with garden": ["house"], "house building": ["house"],
    "derelict house": ["house"], "sun with face": ["smiling sun", "sun", "happy sun"], "black sun with rays": ["sun"],
    "smiling face with sunglasses": ["face with sunglasses"], "open book": ["book"], "closed book": ["book", "red book"],
    "green book": ["book"], "blue book": ["book"], "orange book": ["book"], "cat face": ["cat"], "grinning cat": ["smiling cat", "happy cat"],
    "smiley": ["smiling face", "happy face"], "grinning face": ["smiling face", "happy face"], "slightly smiling face": ["smiling face"],
    "smiling face with open mouth": ["smiling face", "happy face"], "grinning face with smiling eyes": ["smiling face"],
    "deciduous tree": ["tree"], "evergreen tree": ["tree"], "palm tree": ["tree"], "christmas tree": ["tree"],
    "sailboat": ["boat", "sailing boat", "boat on the sea"], "speedboat": ["boat"], "motor boat": ["boat"], "canoe": ["boat"],
    "snowman without snow": ["snowman"], "delivery truck": ["truck"], "articulated lorry": ["truck"], "slice of pizza": ["pizza"],
    "soccer ball": ["ball", "football"], "red heart": ["heart"], "blossom": ["flower"], "hibiscus": ["flower"], "tulip": ["flower"],
    "rose": ["flower"], "cherry blossom": ["flower"], "sunflower": ["flower"], "woman s hat": ["hat"], "top hat": ["hat"],
    "crescent moon": ["moon"], "full moon face": ["moon"], "spouting whale": ["whale"], "t-shirt": ["shirt"], "running shoe": ["shoe"],
    "tropical fish": ["fish"], "blowfish": ["fish"], "baby chick": ["chick", "bird"], "honeybee": ["bee"], "lady beetle": ["ladybug"],
    "steam locomotive": ["train", "locomotive"], "shortcake": ["cake"], "birthday cake": ["cake"], "ox": ["cow"], "party balloon": ["balloon"],
    "balloon": ["red balloon"], "glowing star": ["star"], "white medium star": ["star"], "dog face": ["dog"], "poodle": ["dog"],
    "guide dog": ["dog"], "wolf face": ["wolf"], "small airplane": ["airplane"], "guitar": ["music instrument"], "jack-o-lantern": ["pumpkin"],
    "wrapped gift": ["gift", "present"], "wrapped present": ["gift", "present"], "mobile phone": ["phone"], "light bulb": ["lamp"],
}

# A category says what its members are, which their titles (often proper names) do not.
KINDS = {
    "animals/birds": "bird", "animals/fish": "fish", "animals/bugs": "insect", "animals/mammals/housecats": "cat", "animals/mammals/cats": "cat",
    "animals/mammals/dogs": "dog", "animals/mammals/horses": "horse", "animals/mammals/bears": "bear", "animals/dinosaurs": "dinosaur",
    "buildings/homes": "house", "town/houses": "house", "plants/flowers": "flower", "plants/trees": "tree", "transportation/boating": "boat",
    "people/smilies": "face", "people/clothing/hats": "hat", "vehicles/auto": "car", "education/books": "book", "plants/mushrooms": "mushroom",
}

DROPPED = re.compile(
    r"\bflag|skin tone|\btone ?\d|keycap|button\b|o.clock|-thirty|\bthirty\b|clock face|squared|\bsymbol|zodiac|arrow|\bfamily|couple|\bkiss\b|"
    r"holding hands|regional|letter|input|facing right|\bsign\b|signs\b|silhouette of japan|japanese|ideograph|wedding|and woman|with heart|"
    r"\bplaying|\bcard\b|fleur|trident|recycl|percent|\bplus\b|\bminus\b|division|multipl|infinity|no entry|prohibited|restroom|potable|"
    r"no one|exclamation|question mark|interrobang|dash\b|loop\b|\bpart alternation|bidirectional|handshake|raised|backhand|pointing|gesturing|"
    r"hash|sibmission|submission|aiga|lord|naked|sexy|pantyhose|bikini|cigar|smok|knife|gun\b|pistol|rifle|bomb|sword|weapon|blood|syringe|middle finger")
DROPPED_CATEGORIES = ("flags", "symbols", "modifier", "transportation/aiga-symbols", "transportation/roadsigns", "recreation/games/cards", "tools/weapons",
                      "people/clothing/pantyhose", "recreation/religion", "town/roadsigns", "town/flags", "people/stickmen", "military",
                      "electronics/battery", "people/bodypart", "science/medicine", "medical", "food/beverages/alcohol")
NOISE = re.compile(
    r"clip ?art.*?-|by nicu buculei|nicu buculei|architetto|francesco rollandin|\bclipart\b|\bicon\b|\billustration\b|\bhash\b.*|\bjon phillips\b|\blineart\b|\bdrawing\b|"
    r"\bgerald g\b|\bmachovka\b|\banonymous\b|\bganson\b|\bsvg\b|\bpng\b|\bremix\b|\bfrom\b.*|\b[a-z]*\d+[a-z]*\b|\(.*?\)|[\"“”!?…]|\bv\d\b")


def clean(title):
    title = title.replace("’", " ").replace("'", " ")
    title = re.sub(r"([a-z])([A-Z])", r"\1 \2", title).lower().replace("_", " ")
    title = re.split(r"[.—–;:]| - ", title)[0]
    title = re.sub(r"[^a-z \-]", " ", NOISE.sub(" ", title))
    title = re.sub(r"^(a|an|the|some) ", "", re.sub(r"\s+", " ", title).strip(" -"))
    return " ".join(title.split()[:7])


def article(noun):
    plural = noun.split()[-1] in ("grapes", "cherries", "books", "glasses", "scissors", "people") or " and " in noun
    return noun if plural or not noun else ("an " if noun[0] in "aeiou" else "a ") + noun


def names(entry):
    """The nouns for one picture, the best first; empty where it is to be left out."""
    title, category = clean(entry["title"]), entry["category"]
    if entry["source"] == "noto" and entry["title"][0].isupper() and not re.match("Santa|Mrs|Christmas|Statue", entry["title"]):
        return []  # Countries and signs of the zodiac.
    if len(title) < 3 or DROPPED.search(entry["title"].lower()) or DROPPED.search(title) or category.startswith(DROPPED_CATEGORIES):
        return []
    title = re.sub(r"^person (?=\w+ing\b)", "person ", title)
    found = [title] + ALSO.get(title, [])
    if title.endswith(" face") and entry["source"] != "openclipart" and len(title.split()) == 2 and not re.search(r"(ing|ed|y|ful|less|ious|ain|ezing) face$", title):
        found.append(title[:-5])
    found += [kind for place, kind in KINDS.items() if category.startswith(place)]
    return list(dict.fromkeys(found))


def hsv(pixels):
    return np.asarray(Image.fromarray(pixels[..., :3]).convert("HSV")).astype(int)


def distance(hue, centre):
    return np.abs((hue * 360 / 255 - centre + 180) % 360 - 180)


def main_colour(pixels):
    """(name, its hue, share of the drawn area); None for the name where no colour leads."""
    h, s, v = np.moveaxis(hsv(pixels), 2, 0)
    drawn = pixels[..., 3] > 128
    coloured = drawn & (s > 90) & (v > 70)
    if drawn.sum() < 400 or coloured.sum() < 0.3 * drawn.sum():
        return None, 0, 0
    shares = {name: (coloured & (distance(h, hue) < (22 if hue > 60 else 13))).sum() / drawn.sum() for name, hue in COLOURS.items()}
    name = max(shares, key=shares.get)
    if shares[name] < 0.42:
        return None, 0, 0
    near = coloured & (distance(h, COLOURS[name]) < 25)
    if name in ("orange", "red") and v[near].mean() < 165:
        return "brown", COLOURS[name], shares[name]
    return name, COLOURS[name], shares[name]


def recoloured(pixels, hue, target):
    """The pixels near one hue turned to another; shading, outline and the other colours stay."""
    image = hsv(pixels)
    near = (distance(image[..., 0], hue) < 38) & (image[..., 1] > 50)
    turned = (image[..., 0] * 360 / 255 - hue) * 0.4 + target
    image[..., 0] = np.where(near, np.round(turned % 360 * 255 / 360), image[..., 0])
    colours = np.asarray(Image.fromarray(image.astype(np.uint8), "HSV").convert("RGB"))
    return np.concatenate([colours, pixels[..., 3:]], 2)


def composed(parts):
    """Pictures pasted on an empty square: (pixels, x, y, side) in fractions of it, the last in front."""
    size = parts[0][0].shape[0]
    canvas = Image.new("RGBA", (size, size), (255, 255, 255, 0))
    for pixels, x, y, side in parts:
        part = Image.fromarray(pixels).resize((round(side * size),) * 2, Image.LANCZOS)
        canvas.alpha_composite(part, (max(0, round(x * size)), max(0, round(y * size))))
    return np.asarray(canvas)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--only-common", action="store_true", help="leave out what people rarely ask for: learns faster")
    arguments = parser.parse_args()
    work, only_common = arguments.work, arguments.only_common
    random = np.random.default_rng(0)
    pictures = np.load(f"{work}/pictures.npy", mmap_mode="r")
    entries = json.load(open(f"{work}/pictures.json"))
    examples, made = [], []

    def add(pixels, captions, weight, kind):
        made.append(np.ascontiguousarray(pixels))
        examples.append(dict(captions=list(dict.fromkeys(captions)), weight=weight, kind=kind))

    emoji, objects, counted = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    kept = []
    for i, entry in enumerate(entries):
        found = names(entry)
        if not found:
            continue
        drawn_by_emoji = entry["source"] in ("noto", "gemojione")
        common = any(n in COMMON or n.split()[-1] in COMMON or n.split()[0] in COMMON for n in found)
        if not common and (only_common or entry["source"] == "openclipart"):
            continue
        kept.append((i, found, drawn_by_emoji, common))
        counted[found[-1]] += 1
    for i, found, drawn_by_emoji, common in kept:
        entry, pixels = entries[i], pictures[i]
        colour, hue, share = main_colour(pixels)
        exact = any(n in COMMON for n in found)
        weight = (6 if exact else 0.4 if common else 0.2) * (1 if drawn_by_emoji else 0.15)
        weight *= min(1, 8 / counted[found[-1]]) if counted[found[-1]] > 8 else 1  # No kind drowns the rest.
        captions = []
        for noun in found:
            captions.append(article(noun))
        if drawn_by_emoji and found[0] in COMMON:
            captions.append(found[0])
        noun = next((n for n in reversed(found) if n in COMMON), None)
        if noun in PEOPLE:
            colour = None  # The yellow of an emoji's skin is not what such a caption would mean.
        names_colour = any(c in found[0].split() for c in [*COLOURS, "brown", "black", "white"])
        thing = re.sub(r"\b(" + "|".join([*COLOURS, "brown"]) + r")\b ?", "", found[-1]).strip()
        if colour and noun and thing and not names_colour:
            captions.append(article(f"{colour} {thing}"))
        add(pixels, captions, weight, entry["source"])
        if drawn_by_emoji and found[0] in COMMON | set(ALSO):
            emoji[found[0]].append(pixels)
        if noun:
            objects[noun].append((pixels, drawn_by_emoji))
        if colour and colour != "brown" and noun and thing and share > 0.42:
            others = [c for c in COLOURS if c != colour]
            for other in random.permutation(others)[:4 if drawn_by_emoji else 1]:
                add(recoloured(pixels, hue, COLOURS[other]), [article(f"{other} {thing}")], weight / 5, "recoloured")
    print("pictures with captions", len(kept), "recoloured", sum(e["kind"] == "recoloured" for e in examples))

    # Readers: a face and an open book under it. Faces of every skin tone take part here.
    books = [p for name in ("open book", "book", "closed book", "green book", "blue book", "orange book") for p in emoji[name]]
    open_books = emoji["open book"] + emoji["book"]
    for who in ("girl", "boy", "woman", "man", "baby", "child", "princess", "cat", "dog", "bear", "rabbit", "robot", "owl"):
        faces = []
        for i, entry in enumerate(entries):
            if entry["source"] in ("noto", "gemojione"):
                bare = re.sub(r"( (light|medium|dark|medium-light|medium-dark))? skin tone| tone ?\d", "", entry["title"].lower()).strip()
                if bare in (who, who + " face"):
                    faces.append(pictures[i])
        if not faces:
            continue
        count = {"girl": 130, "boy": 40, "woman": 50, "man": 35}.get(who, 12)
        for _ in range(count):
            face = faces[random.integers(len(faces))]
            book = (open_books if random.random() < 0.8 else books)[0 if not open_books else random.integers(len(open_books))] if random.random() < 0.8 else books[random.integers(len(books))]
            side, low = random.uniform(0.68, 0.8), random.uniform(0.46, 0.56)
            x = (1 - side) / 2 + random.uniform(-0.04, 0.04)
            under = random.uniform(0.22, 0.3)
            pixels = composed([(face, x, random.uniform(0, 0.04), side), (book, under, low, 1 - under - random.uniform(0.22, 0.3))])
            a = article(who)
            add(pixels, [f"{a} reading", f"{a} reading a book", f"{a} reading", f"{a} with a book"], 1.5 if who == "girl" else 0.8, "reader")

    # Numbers and places.
    pool = {n: [p for p, e in v if e] for n, v in objects.items()}
    pool = {n: v for n, v in pool.items() if v and n not in ("face", "smile", "smiling", "reading", "dancing", "running", "swimming", "person")}
    nouns = sorted(pool)
    plural = lambda n: n if n in ("fish", "sheep", "deer", "grapes", "cherries", "books", "glasses", "scissors") else (
        {"man": "men", "woman": "women", "child": "children", "mouse": "mice", "leaf": "leaves", "wolf": "wolves"}.get(n) or
        (n[:-1] + "ies" if n[-1] == "y" and n[-2] not in "aeiou" else n + "es" if n[-1] in "sxh" else n + "s"))
    pick = lambda n: pool[n][random.integers(len(pool[n]))]
    for noun in nouns:
        p = pick(noun)
        add(composed([(p, 0, 0.25, 0.5), (p, 0.5, 0.25, 0.5)]), [f"two {plural(noun)}"], 0.4, "number")
        if random.random() < 0.3:
            add(composed([(p, 0.25, 0, 0.5), (p, 0, 0.5, 0.5), (p, 0.5, 0.5, 0.5)]), [f"three {plural(noun)}"], 0.4, "number")
    for _ in range(160):
        a, b = random.choice(nouns, 2, replace=False)
        if random.random() < 0.6:
            left, right = article(a), article(b)
            add(composed([(pick(a), 0, 0.25, 0.5), (pick(b), 0.5, 0.25, 0.5)]), [f"{left} and {right}", f"{left} to the left of {right}"], 0.3, "place")
        else:
            add(composed([(pick(a), 0.25, 0, 0.5), (pick(b), 0.25, 0.5, 0.5)]), [f"{article(a)} above {article(b)}"], 0.3, "place")
    trees = pool.get("tree", [])
    for house in pool.get("house", []) + [p for p, e in objects["house"] if not e][:10]:
        tree = trees[random.integers(len(trees))]
        add(composed([(tree, 0.5, 0.2, 0.5), (house, 0, 0.25, 0.65)]), ["a house with a tree", "a house and a tree"], 1.5, "place")

    captions = sorted({c for e in examples for c in e["captions"]})
    index = {c: k for k, c in enumerate(captions)}
    for e in examples:
        e["captions"] = [index[c] for c in e["captions"]]
    np.save(f"{work}/examples.npy", np.stack(made))
    json.dump(examples, open(f"{work}/examples.json", "w"))
    json.dump(captions, open(f"{work}/captions.json", "w"), indent=0)
    kinds = collections.Counter(e["kind"] for e in examples)
    shown = collections.defaultdict(float)
    for e in examples:
        shown[e["kind"]] += e["weight"]
    total = sum(shown.values())
    print(len(examples), "examples", dict(kinds), len(captions), "captions")
    print("share shown", {k: round(v / total, 3) for k, v in shown.items()})


if __name__ == "__main__":
    main()
