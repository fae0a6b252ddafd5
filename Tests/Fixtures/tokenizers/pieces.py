"""Makes the fixtures of SentencePiece tokenizers with `sentencepiece`, `tokenizers` and `transformers`.

    pip install sentencepiece protobuf && python pieces.py      # after make.py

Writes, beside this script:

- sp-vicuna/: `tokenizer.model` with bytes for unknown characters, `added_tokens.json`; every text after an added token
  gets a space of its own, as transformers' older `LlamaTokenizer` does it. sp-first/ is the same in its newer way.
- sp-spaces/: a model that drops extra spaces, has user-defined and unused pieces and an unknown token.
- sp-legacy/ and sp-metaspace/: `tokenizer.json` of the first, with a normalizer that writes the spaces and with Metaspace.
"""

import json
import pathlib
import re
import tempfile

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import LlamaTokenizer
from transformers.convert_slow_tokenizer import generate_merges, import_protobuf

import corpus
import make

HERE = pathlib.Path(__file__).parent
ADDED = ["[PAD]", "<Img>", "</Img>", "[IMG0]", "[IMG1]", "<image_00>", "<image_01>"]


def train(folder, **settings):
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        prefix = f"{scratch}/model"
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus.training()), model_prefix=prefix, model_type="bpe",
            normalization_rule_name="identity", minloglevel=2, num_threads=1, **settings)
        data = pathlib.Path(prefix + ".model").read_bytes()
    model = import_protobuf().ModelProto()
    model.ParseFromString(data)
    # The arguments of the training, which hold this machine's paths, are not needed.
    for field in ("input", "model_prefix"):
        model.trainer_spec.ClearField(field)
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())
    return model


class Slow:
    """SentencePiece with added tokens cut out first, as transformers' `LlamaTokenizer` did it before version 5."""

    def __init__(self, folder, added, legacy):
        self.model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        proto = import_protobuf().ModelProto()
        proto.ParseFromString((folder / "tokenizer.model").read_bytes())
        self.tokens = dict(added)
        self.special = {piece.piece: i for i, piece in enumerate(proto.pieces) if piece.type in (2, 3)}
        self.legacy = legacy

    def encode(self, text, parse_special=True):
        tokens = self.tokens | (self.special if parse_special else {})
        pattern = "|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True)) or "(?!)"
        ids, start = [], 0
        for part in re.split(f"({pattern})", text):
            if part in tokens:
                ids.append(tokens[part])
            elif part:
                ids += self.model.encode(part) if self.legacy or start == 0 else self.continued(part)
            start += len(part)
        return ids

    def continued(self, part):
        """Without the space in front: encoded behind the unknown token, which is then cut off."""
        marker = self.model.encode("<unk>")
        ids = self.model.encode("<unk>" + part)
        assert ids[: len(marker)] == marker, part
        return ids[len(marker):]

    def decode(self, ids):
        """As a whole: added tokens as they are, the space in front once."""
        out, run = "", []
        names = {i: token for token, i in (self.tokens | self.special).items()}
        for i in ids + [None]:
            if i is None or i in names:
                # a run after others keeps its space
                text = self.model.decode([names_first(self.model)] + run)[1:] if run else ""
                out += text
                run = []
                if i is not None:
                    out += names[i]
            else:
                run.append(i)
        return out[1:] if out.startswith(" ") else out


def names_first(model):
    """A piece that decodes to one character and takes the leading space's place."""
    return model.piece_to_id("▁a")


def slow_results(tokenizer, texts):
    ids = [tokenizer.encode(text) for text in texts]
    unparsed = [tokenizer.encode(text, parse_special=False) for text in texts]
    bos = tokenizer.model.bos_id()
    decoded = [tokenizer.decode(row) for row in ids]
    return {
        "ids": ids,
        "special": {i: [bos] + row for i, row in enumerate(ids) if i % 25 == 0},
        "unparsed": {i: b for i, (a, b) in enumerate(zip(ids, unparsed)) if a != b},
        "decoded": {i: b for i, (a, b) in enumerate(zip(texts, decoded)) if a != b},
        "skipped": {},
    }


def backend(model, added):
    """The vocabulary as `tokenizers` holds it."""
    vocab = {piece.piece: i for i, piece in enumerate(model.pieces)}
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=generate_merges(vocab, None), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    for name in ("<unk>", "<s>", "</s>"):
        tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False)])
    for i, name in enumerate(added):
        tokenizer.add_tokens([AddedToken(name, normalized=i % 2 == 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


def main():
    texts = corpus.texts()
    texts += ["[IMG0] [IMG1]", "a cat[IMG0][IMG1] b", "<image_00> <image_01>", " <Img> x</Img>y", "[PAD][PAD] z", "▁a ▁ b", "<s> a</s>", "<unk>b"]
    make.dump(HERE / "pieces.json", texts)
    model = train(HERE / "sp-vicuna", vocab_size=620, byte_fallback=True, remove_extra_whitespaces=False, character_coverage=0.99)
    first = len(model.pieces)
    added = {token: first + i for i, token in enumerate(ADDED)}
    make.dump(HERE / "sp-vicuna" / "added_tokens.json", added)
    make.dump(HERE / "sp-vicuna" / "tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    make.dump(HERE / "sp-vicuna" / "ids.json", slow_results(Slow(HERE / "sp-vicuna", added, True), texts))

    folder = HERE / "sp-first"
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.model").write_bytes((HERE / "sp-vicuna" / "tokenizer.model").read_bytes())
    decoder = {str(i): {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": i % 2 == 0} for token, i in added.items()}
    make.dump(folder / "tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer", "legacy": False, "add_bos_token": True, "added_tokens_decoder": decoder, "bos_token": {"content": "<s>"}})
    slow = Slow(folder, added, False)
    slow.special |= {token: i for token, i in added.items() if i % 2 == 0}
    slow.tokens = {token: i for token, i in added.items() if i % 2 == 1}
    make.dump(folder / "ids.json", slow_results(slow, texts))

    folder = HERE / "sp-spaces"
    odd = train(folder, vocab_size=560, byte_fallback=False, remove_extra_whitespaces=True, character_coverage=0.98, user_defined_symbols=["[IMG0]", "end", "▁girl"])
    for piece in odd.pieces[400::37]:
        if piece.type == 1 and len(piece.piece) > 1:
            piece.type = 5
    (folder / "tokenizer.model").write_bytes(odd.SerializeToString())
    make.dump(folder / "ids.json", slow_results(Slow(folder, {}, True), texts))

    legacy = backend(model, ADDED)
    legacy.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    make.dump(HERE / "sp-legacy" / "tokenizer.json", json.loads(legacy.to_str()))
    make.dump(HERE / "sp-legacy" / "ids.json", make.results(legacy, texts))

    # As transformers 5 builds it.
    made = LlamaTokenizer.from_pretrained(str(HERE / "sp-vicuna"), legacy=False, add_bos_token=True)
    with tempfile.TemporaryDirectory() as scratch:
        made.save_pretrained(scratch)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            make.dump(HERE / "sp-metaspace" / name, json.loads((pathlib.Path(scratch) / name).read_text()))
    make.dump(HERE / "sp-metaspace" / "ids.json", make.results(Tokenizer.from_file(str(HERE / "sp-metaspace" / "tokenizer.json")), texts))


if __name__ == "__main__":
    main()
