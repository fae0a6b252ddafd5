"""How prompts are read: prompts.json and prompts.safetensors, and embedding files: embedding-*.

    python prompts.py PROMPT_PARSER

PROMPT_PARSER is `modules/prompt_parser.py` of AUTOMATIC1111's web UI, whose `parse_prompt_attention` is the reference
for weights. States are those of the text encoders of sd1.ckpt, sd2.ckpt and sdxl.ckpt, by diffusers and transformers.
"""

import json
import pathlib
import re
import sys

import make
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "", "normal text", "an (important) word", "(unbalanced", "unbalanced)", "[less", "more]", r"\(literal\]", r"\\", "a\\",
    r"\x (a\)b)", "(unnecessary)(parens)", "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "(a:1.5", "a:1.5)", "(a:-1)",
    "(a:+.5)", "(a:2.)", "(a:b)", "(a:1.2:1.3)", "((a):1.2)", "[a:1.2]", "[[a]b]", "()", "(:1.3)", "::", "a BREAK b", "aBREAK b",
    "BREAK", "BREAK BREAK", "a\nBREAK\n b", "BREAK_", "(a BREAK b)", "(a:1.1) BREAK [b]", "a, (b, c:1.21), d", "日本 (語:1.4)"]
LONG = ", ".join(f"a {color} {thing}" for color in ["red", "green", "blue", "dark", "old"] for thing in
                 ["fox", "boat", "house by the sea", "tree", "cat"])
WEIGHTED = "a (red fox:1.4) in the [snow], ((sharp))"


def parser(path):
    """The function alone: what the module imports for other ends is not needed."""
    source = pathlib.Path(path).read_text()
    start = source.index("re_attention = ")
    space = {"re": re}
    exec(source[start : source.index('if __name__ == "__main__"')], space)
    return space["parse_prompt_attention"]


def chunks(tokenizer, parts):
    """75 tokens to a chunk; what follows a comma among the last 20 moves on with the token that found no room."""
    comma, result, chunk, place = tokenizer(",", add_special_tokens=False).input_ids[0], [], [], None
    for text, weight in parts:
        if text == "BREAK" and weight == -1:
            result, chunk, place = result + [chunk], [], None
            continue
        for token in tokenizer(text, add_special_tokens=False).input_ids:
            if token == comma:
                place = len(chunk)
            elif len(chunk) == 75 and place is not None and 75 - place <= 20:
                result, chunk, place = result + [chunk[: place + 1]], chunk[place + 1 :], None
            if len(chunk) == 75:
                result, chunk, place = result + [chunk], [], None
            chunk = chunk + [(token, weight)]
    return result + [chunk] if chunk or not result else result


def encode(tokenizer, model, rows, skip=None, penultimate=False):
    parts = []
    for row in rows:
        tokens = [49406, *[token for token, _ in row], 49407]
        tokens += [tokenizer.pad_token_id] * (77 - len(tokens))
        output = model(torch.tensor([tokens]), output_hidden_states=True)
        states = output.hidden_states[-2 - (skip or 0)] if penultimate else output.last_hidden_state
        mean = states.mean()
        weights = torch.tensor([1.0, *[weight for _, weight in row], *[1.0] * (76 - len(row))])
        states = states * weights[:, None]
        parts.append(states * (mean / states.mean()))
    return torch.cat(parts, dim=1)


def embeddings(width):
    generator = torch.Generator().manual_seed(9)
    rows = torch.randn(3, width, generator=generator)
    torch.save({"<vox>": rows[0]}, HERE / "embedding-diffusers.bin")
    torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": rows}, "name": "vox", "step": 10}, HERE / "embedding-webui.pt")
    save_file({"emb_params": rows}, HERE / "embedding-kohya.safetensors")
    save_file({"clip_l": rows, "clip_g": torch.randn(2, 64, generator=generator)}, HERE / "embedding-xl.safetensors")
    return rows


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    parse = parser(sys.argv[1])
    (HERE / "prompts.json").write_text(json.dumps(
        {"parsed": [{"prompt": text, "parts": [{"text": part, "weight": weight} for part, weight in parse(text)]} for text in TEXTS],
         "long": LONG, "weighted": WEIGHTED}, ensure_ascii=False, indent=1) + "\n")
    sd1, sd2, sdxl = (make.parts(family)[0] for family in ["sd1", "sd2", "sdxl"])
    states = {}
    # Transformers 5 has dropped the level that diffusers looks for when it skips layers.
    sd1.text_encoder.__dict__["text_model"] = sd1.text_encoder
    states["skip-sd1"], states["skip-sd1-negative"] = sd1.encode_prompt("a red fox", "cpu", 1, True, "snow", clip_skip=1)
    states["skip-sdxl"], states["skip-sdxl-negative"], states["pooled-sdxl"], _ = sdxl.encode_prompt(
        "a red fox", device="cpu", negative_prompt="snow", clip_skip=1)
    plain = [(token, 1.0) for token in sd1.tokenizer(LONG, add_special_tokens=False).input_ids]
    states["long-sd1"] = encode(sd1.tokenizer, sd1.text_encoder, [plain[i : i + 75] for i in range(0, len(plain), 75)])
    for name, prompt in [("weighted", WEIGHTED), ("long", LONG), ("break", "a (fox:1.2) BREAK the sea, BREAK")]:
        for family, pipeline in [("sd1", sd1), ("sd2", sd2)]:
            rows = chunks(pipeline.tokenizer, parse(prompt))
            states[f"a1111-{name}-{family}"] = encode(pipeline.tokenizer, pipeline.text_encoder, rows)
    rows = chunks(sdxl.tokenizer, parse(WEIGHTED))
    states["a1111-weighted-sdxl"] = torch.cat([
        encode(sdxl.tokenizer, sdxl.text_encoder, rows, penultimate=True),
        encode(sdxl.tokenizer_2, sdxl.text_encoder_2, rows, penultimate=True)], dim=-1)
    rows = embeddings(32)
    sd1.load_textual_inversion(str(HERE / "embedding-diffusers.bin"))
    states["embedding-one"], _ = sd1.encode_prompt("a <vox> in snow", "cpu", 1, False)
    sd1.load_textual_inversion(str(HERE / "embedding-webui.pt"), token="<many>")
    states["embedding-many"], _ = sd1.encode_prompt("a <many>, <vox>", "cpu", 1, False)
    save_file({name: tensor.contiguous() for name, tensor in states.items()}, HERE / "prompts.safetensors")


if __name__ == "__main__":
    main()
