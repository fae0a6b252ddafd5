"""Makes the tokenizer fixtures with the reference libraries (`tokenizers`, `transformers`).

    python make.py                      # small vocabularies, their ids, chat prompts, normalization
    python make.py --gguf MODEL.gguf    # also the ids of a real SmolLM2 GGUF file

Writes, beside this script: texts.json (the texts), <name>/tokenizer.json and <name>/ids.json for each pre-tokenizer,
clip (vocab.json and merges.txt) and clip-saved (tokenizer.json), normalized.json, chat.json, smollm2.json.
"""

import argparse
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import corpus

HERE = pathlib.Path(__file__).parent
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level(False)])


def chatml(tokenizer):
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def llama3(tokenizer):
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|eot_id|>"])
    bos = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|begin_of_text|> $A",
                pair="<|begin_of_text|> $A <|begin_of_text|> $B",
                special_tokens=[("<|begin_of_text|>", bos)],
            ),
        ]
    )


def added(tokenizer):
    """Every kind of added token, on a GPT-2 tokenizer with a prefix space and a normalizer."""
    tokenizer.add_special_tokens(
        [AddedToken("<s>", lstrip=True, normalized=False), AddedToken("</s>", rstrip=True, normalized=False)]
    )
    tokenizer.add_tokens(
        [
            AddedToken("[IMG0]", normalized=False),
            AddedToken("[IMG01]", normalized=False),
            AddedToken("END", single_word=True, normalized=False),
            AddedToken("straße", normalized=True),
            AddedToken("的我", lstrip=True, rstrip=True, normalized=True),
        ]
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>"))
    )


# name: normalizer, pre-tokenizer, settings of the model, size, what is added, merges as pairs
KINDS = {
    "gpt2": (None, byte_level(True), {}, 700, chatml, False),
    "smollm": (
        None,
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
        {},
        700,
        chatml,
        False,
    ),
    "llama3": (None, split(LLAMA3), {"ignore_merges": True}, 700, llama3, True),
    "qwen2": (normalizers.NFC(), split(QWEN2), {}, 700, chatml, True),
    "added": (
        normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()]),
        pre_tokenizers.ByteLevel(add_prefix_space=True),
        {},
        450,
        added,
        True,
    ),
}


def train(kind):
    normalizer, pre_tokenizer, settings, size, add, pairs = KINDS[kind]
    tokenizer = Tokenizer(models.BPE(**settings))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(corpus.training(), trainer)
    tokenizer.decoder = decoders.ByteLevel()
    if settings.get("ignore_merges"):
        tokenizer = with_unmerged_words(tokenizer)
    add(tokenizer)
    return json.loads(tokenizer.to_str()), pairs


def with_unmerged_words(tokenizer):
    """Whole words in the vocabulary that no merge makes: `ignore_merges` finds them."""
    data = json.loads(tokenizer.to_str())
    vocab = data["model"]["vocab"]
    for word in ["Ġfox", "quick", "Ġzq", "ĠSELECT", "pneumonoultramicroscopicsilicovolcanoconiosis", "123", "Ġ😀"]:
        word = "".join(word) if word.isascii() or word.startswith("Ġ") else word
        vocab.setdefault(word, len(vocab))
    return Tokenizer.from_str(json.dumps(data))


def dump(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def results(tokenizer, texts):
    """Ids with and without special tokens and with control tokens as text, and the decoded text."""
    plain, special = [], []
    for text in texts:
        plain.append(tokenizer.encode(text, add_special_tokens=False).ids)
        special.append(tokenizer.encode(text).ids)
    tokenizer.encode_special_tokens = True
    unparsed = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    tokenizer.encode_special_tokens = False
    decoded = [tokenizer.decode(ids, skip_special_tokens=False) for ids in plain]
    skipped = [tokenizer.decode(ids, skip_special_tokens=True) for ids in special]
    # most of what follows equals what precedes: only the differences are kept
    return {
        "ids": plain,
        "special": {i: b for i, (a, b) in enumerate(zip(plain, special)) if a != b and i % 25 == 0},
        "unparsed": {i: b for i, (a, b) in enumerate(zip(plain, unparsed)) if a != b},
        "decoded": {i: b for i, (a, b) in enumerate(zip(texts, decoded)) if a != b},
        "skipped": {i: b for i, (a, b) in enumerate(zip(decoded, skipped)) if a != b},
    }


def small(texts):
    for kind in KINDS:
        data, pairs = train(kind)
        if not pairs:
            data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
        dump(HERE / kind / "tokenizer.json", data)
        dump(HERE / kind / "ids.json", results(Tokenizer.from_file(str(HERE / kind / "tokenizer.json")), texts))


def openai_order():
    """The characters of the byte-level alphabet as OpenAI numbered them."""
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def added_token(content, normalized=True):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": normalized, "rstrip": False, "single_word": False}


def clip_configs(bos, eos):
    """tokenizer_config.json as SD 1.5, SD 2 (which pads with "!"), newer converters and nobody wrote it."""
    names = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "!"}
    objects = {key: added_token(name) for key, name in names.items() if key != "pad_token"}
    decoder = {str(bos): added_token(names["bos_token"]), str(eos): added_token(names["eos_token"]), "0": added_token("!", False)}
    for token in decoder.values():
        del token["__type"]
        token["special"] = True
    length = {"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    return {
        "sd1": {**objects, "pad_token": "<|endoftext|>", **length},
        "sd2": {**objects, "pad_token": "!", **length},
        "decoder": {**names, "added_tokens_decoder": decoder, **length},
        "bare": {"model_max_length": 1000000000000000019884624838656},
    }


def clip(texts):
    """CLIP with a small vocabulary: vocab.json and merges.txt, as Stable Diffusion folders hold them."""
    from transformers import CLIPTokenizer

    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
            byte_level(False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=900, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False
    )
    trained.train_from_iterator(corpus.training(), trainer)
    merges = json.loads(trained.to_str())["model"]["merges"]
    tokens = openai_order() + [c + "</w>" for c in openai_order()] + ["".join(pair) for pair in merges]
    # a token that two merges make would have two ids
    assert len(set(tokens)) == len(tokens)
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: i for i, token in enumerate(tokens)}

    folder = HERE / "clip"
    dump(folder / "vocab.json", vocab)
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges))
    configs = clip_configs(vocab["<|startoftext|>"], vocab["<|endoftext|>"])
    rows = {}
    for name, config in configs.items():
        dump(folder / "tokenizer_config.json", config)
        tokenizer = CLIPTokenizer.from_pretrained(str(folder))
        rows[name] = [tokenizer(text, padding="max_length", max_length=77, truncation=True).input_ids for text in texts]
        if name == "sd2":
            saved(tokenizer)
    dump(folder / "tokenizer_config.json", configs["sd1"])
    dump(folder / "configs.json", {name: json.dumps(config) for name, config in configs.items()})
    # padding goes without saying, and so does what SD 1.5's rows tell
    for name in rows:
        pad = 0 if name in ("sd2", "decoder") else vocab["<|endoftext|>"]
        rows[name] = [strip(row, pad, vocab["<|endoftext|>"]) for row in rows[name]]
    others = {
        name: {i: row for i, (row, first) in enumerate(zip(rows[name], rows["sd1"])) if row != first}
        for name in rows
        if name != "sd1"
    }
    dump(folder / "ids.json", {"ids": rows["sd1"], "others": others})


def strip(row, pad, eos):
    """The row without padding, which must fill it to 77."""
    assert len(row) == 77
    while len(row) > 1 and row[-1] == pad and (row[-2] in (pad, eos)):
        row = row[:-1]
    assert row[-1] == eos
    return row


def saved(tokenizer):
    """The same tokenizer as transformers 5 saves it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            dump(HERE / "clip-saved" / name, json.loads((pathlib.Path(folder) / name).read_text()))


CONVERSATIONS = {
    "user": [("user", "Draw a cat.")],
    "system": [("system", "You are a painter."), ("user", " Draw\na cat. ")],
    "turns": [("user", "Hi"), ("assistant", "Hello! "), ("user", "Draw 'it'")],
    "long": [("system", "S"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")],
}


def chat():
    """Conversations as transformers renders them."""
    from transformers import PreTrainedTokenizerFast

    cases = []
    for path in sorted((HERE / "templates").glob("*.jinja")):
        template = path.read_text()
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer.from_file(str(HERE / "gpt2" / "tokenizer.json")),
            bos_token="<|im_start|>",
            eos_token="<|im_end|>",
        )
        for name, turns in CONVERSATIONS.items():
            messages = [{"role": role, "content": content} for role, content in turns]
            for generation in (True, False):
                prompt = tokenizer.apply_chat_template(
                    messages, chat_template=template, add_generation_prompt=generation, tokenize=False
                )
                cases.append({"template": path.name, "messages": turns, "generation": generation, "prompt": prompt})
    dump(HERE / "chat.json", cases)


def normalization():
    """Combining marks in any order, as the reference's normalizers leave them."""
    texts = corpus.mark_texts()
    kinds = {"NFC": normalizers.NFC(), "NFD": normalizers.NFD(), "Lowercase": normalizers.Lowercase()}
    results = {kind: [normalizer.normalize_str(text) for text in texts] for kind, normalizer in kinds.items()}
    dump(HERE / "normalized.json", {"texts": texts, **results})


def smollm2(path, texts):
    """Ids of a SmolLM2 GGUF file. transformers rebuilds the tokenizer from the metadata but leaves out the digit
    splitting that `tokenizer.ggml.pre = smollm` asks for (it only differs after runs of spaces), so that is put back."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    backend = tokenizer.backend_tokenizer
    rebuilt = [backend.encode(text, add_special_tokens=False).ids for text in texts]
    backend.pre_tokenizer = KINDS["smollm"][1]
    ids = [backend.encode(text, add_special_tokens=False).ids for text in texts]
    print("texts that transformers' rebuilt tokenizer splits otherwise:", [t for t, a, b in zip(texts, ids, rebuilt) if a != b])
    decoded = {i: d for i, (t, d) in enumerate(zip(texts, map(lambda x: backend.decode(x, skip_special_tokens=False), ids))) if t != d}
    dump(HERE / "smollm2.json", {"ids": ids, "decoded": decoded})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=pathlib.Path)
    arguments = parser.parse_args()
    texts = corpus.texts()
    print(len(texts), "texts")
    dump(HERE / "texts.json", texts)
    small(texts)
    normalization()
    clip(texts)
    chat()
    if arguments.gguf:
        smollm2(arguments.gguf, texts)


if __name__ == "__main__":
    main()
