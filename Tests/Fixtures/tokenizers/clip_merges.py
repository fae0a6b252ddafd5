"""Writes CLIP's merges into Sources/Tokenizers/CLIPMerges.swift, and the ids of texts.json under them to clip-full.json.

    pip install --no-deps open-clip-torch && pip install transformers && python clip_merges.py

The list is OpenAI's, as the package `open-clip-torch` carries it. Each merge is written as the ids of its two tokens, 16
bits each, little-endian, all of it in base 64: a third of the text's size, and nothing has to be looked up to read it.
"""

import base64
import gzip
import json
import pathlib
import struct
import tempfile
import textwrap
from importlib.util import find_spec

from transformers import CLIPTokenizer

HERE = pathlib.Path(__file__).parent
COUNT = 49152 - 256 - 2
HEADER = '''/// The merges of CLIP's tokenizer in order of rank, each as the ids of its two tokens: 16 bits each, little-endian, in
/// base 64. Made by Tests/Fixtures/tokenizers/clip_merges.py from the list in OpenAI's CLIP, which is under the MIT licence
/// too, Copyright (c) 2021 OpenAI.
let clipMerges: StaticString = """
'''


def alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(code) for code in printable] + [chr(256 + i) for i in range(256 - len(printable))]


def merges():
    package = pathlib.Path(find_spec("open_clip").submodule_search_locations[0])
    lines = gzip.open(package / "bpe_simple_vocab_16e6.txt.gz", "rt").read().split("\n")
    return lines[1 : COUNT + 1]


def main():
    lines = merges()
    tokens = alphabet() + [letter + "</w>" for letter in alphabet()]
    ids = {token: id for id, token in enumerate(tokens)}
    pairs = b""
    for line in lines:
        left, right = line.split()
        pairs += struct.pack("<HH", ids[left], ids[right])
        ids[left + right] = len(ids)
    text = textwrap.fill(base64.b64encode(pairs).decode(), 108, initial_indent="  ", subsequent_indent="  ")
    swift = HERE.parent.parent.parent / "Sources" / "Tokenizers" / "CLIPMerges.swift"
    swift.write_text(f'{HEADER}{text}\n  """\n')
    for special in ["<|startoftext|>", "<|endoftext|>"]:
        ids[special] = len(ids)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "vocab.json").write_text(json.dumps(ids))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(lines) + "\n")
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    rows = [
        tokenizer(text, truncation=True, max_length=77).input_ids for text in json.loads((HERE / "texts.json").read_text())]
    (HERE / "clip-full.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
