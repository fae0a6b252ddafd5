"""Collects the pictures: four Debian packages of free art become one array and one list of titles.

    python data.py --packages DIR --work DIR

DIR is where the packages were unpacked (`dpkg -x`). Writes `pictures.npy` (N, 128, 128, 4; RGBA,
cropped to what is drawn and padded to a square) and `pictures.json` (source, title, keywords, category).
Captions are made from these by captions.py, so that the wording can change without reading 600 MB again.
"""

import argparse
import glob
import hashlib
import html
import io
import json
import multiprocessing
import os
import re

import numpy as np
from PIL import Image

SIZE = 128
MARGIN = 1.08
Image.MAX_IMAGE_PIXELS = 100_000_000  # Twice this is refused; some of the simplest pictures are that large.

# Openclipart categories without a drawable thing in them, or whose titles say nothing about the picture.
SKIPPED = {"shapes", "special", "buttons", "logos", "computer", "signs_and_symbols", "unsorted", "geography"}


def square(image):
    """The picture cropped to its alpha box and centred in a square; None where there is nothing to see."""
    image = image.convert("RGBA")
    if max(image.size) > 1024:
        image.thumbnail((1024, 1024), Image.LANCZOS)
    ys, xs = np.where(np.asarray(image)[..., 3] > 16)
    if len(ys) < 50:
        return None
    image = image.crop((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    w, h = image.size
    if max(w, h) < 40 or max(w, h) / min(w, h) > 4:
        return None
    side = int(max(w, h) * MARGIN)
    canvas = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    canvas.paste(image, ((side - w) // 2, (side - h) // 2))
    # Scaled with premultiplied alpha ("RGBa"): otherwise hidden colours bleed into the outline.
    pixels = np.asarray(canvas.convert("RGBa").resize((SIZE, SIZE), Image.LANCZOS).convert("RGBA")).copy()
    pixels[pixels[..., 3] == 0] = (255, 255, 255, 0)
    alpha = pixels[..., 3:] / 255
    on_white = pixels[..., :3] * alpha + 255 * (1 - alpha)
    return pixels if on_white.std() > 8 else None


def load(item):
    source, title, keywords, category, where = item
    try:
        pixels = square(Image.open(io.BytesIO(where) if isinstance(where, bytes) else where))
    except Exception as error:  # A few files in the packages are broken; they are named and left out.
        print("left out:", title, error)
        return None
    if pixels is None:
        return None
    return pixels, dict(source=source, title=title, keywords=keywords, category=category)


def tuxpaint(root):
    for text in sorted(glob.glob(f"{root}/usr/share/tuxpaint/stamps/**/*.txt", recursive=True)):
        category = os.path.dirname(text).split("stamps/")[1]
        title = open(text, encoding="utf8", errors="ignore").readline().strip().rstrip(".")
        picture = text[:-4] + ".png"
        if title and os.path.exists(picture) and "alphabets" not in category and "symbols" not in category:
            yield "tuxpaint", title, category.split("/"), category, picture


def gemojione(root):
    (base,) = glob.glob(f"{root}/usr/share/rubygems-integration/all/gems/gemojione-*")
    for entry in json.load(open(base + "/config/index.json")).values():
        for name in (entry["unicode"].lower(), entry["unicode"].upper()):
            picture = f"{base}/assets/png/{name}.png"
            if os.path.exists(picture):
                yield "gemojione", entry["name"], entry.get("keywords", []), entry.get("category", ""), picture
                break


def noto(root):
    """Every fully qualified emoji that the font draws, looked up through its cmap and its ligatures."""
    import emoji
    from fontTools.ttLib import TTFont

    font = TTFont(f"{root}/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    bitmaps, cmap, ligatures = font["CBDT"].strikeData[0], font.getBestCmap(), {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, tails in getattr(table, "ligatures", {}).items():
                for tail in tails:
                    ligatures[(first, *tail.Component)] = tail.LigGlyph
    for text, entry in emoji.EMOJI_DATA.items():
        if entry["status"] != emoji.STATUS["fully_qualified"]:
            continue
        glyphs = tuple(cmap[ord(c)] for c in text if ord(c) in cmap and ord(c) != 0xFE0F)
        glyph = glyphs[0] if len(glyphs) == 1 else ligatures.get(glyphs)
        if glyph in bitmaps:
            name = entry["en"].strip(":").replace("_", " ")
            aliases = [a.strip(":").replace("_", " ") for a in entry.get("alias", [])]
            yield "noto", name, aliases, "", bytes(bitmaps[glyph].imageData)


def openclipart(root):
    base = f"{root}/usr/share/openclipart/png/"
    for picture in sorted(glob.glob(base + "**/*.png", recursive=True)):
        category = os.path.dirname(picture)[len(base):]
        if category.split("/")[0] in SKIPPED:
            continue
        title, keywords = "", []
        svg = picture.replace("/png/", "/svg/")[:-4] + ".svg"
        if os.path.exists(svg):
            text = open(svg, encoding="utf8", errors="ignore").read()
            found = re.search(r"<dc:title>(.*?)</dc:title>", text, re.S)
            title = html.unescape(found.group(1)).strip() if found else ""
            found = re.search(r"<rdf:Bag>(.*?)</rdf:Bag>", text, re.S)
            keywords = re.findall(r"<rdf:li>(.*?)</rdf:li>", found.group(1)) if found else []
        if not title or "HASH" in title:
            title = os.path.basename(picture)[:-4]
        yield "openclipart", title, [html.unescape(k).strip() for k in keywords], category, picture


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--packages", required=True)
    parser.add_argument("--work", required=True)
    arguments = parser.parse_args()
    pictures, entries, seen = [], [], set()
    with multiprocessing.Pool(2) as pool:
        for collect in (tuxpaint, gemojione, noto, openclipart):
            for found in pool.imap(load, collect(arguments.packages), chunksize=16):
                if found is None:
                    continue
                digest = hashlib.md5(found[0].tobytes()).digest()
                if digest not in seen:
                    seen.add(digest)
                    pictures.append(found[0])
                    entries.append(found[1])
            print(collect.__name__, "total", len(entries), flush=True)
    os.makedirs(arguments.work, exist_ok=True)
    np.save(f"{arguments.work}/pictures.npy", np.stack(pictures))
    json.dump(entries, open(f"{arguments.work}/pictures.json", "w"), indent=0)


if __name__ == "__main__":
    main()
