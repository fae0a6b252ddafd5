"""Trains the row by which the frozen language model asks for a picture: `signal_head.weight`.

    python emission.py --work DIR --llm FILE.gguf

The language model writes stories and answers itself; nothing else is read. A picture belongs where a paragraph
of a story ends whose last sentences name a thing that the collection has pictures of, and where an answer to
"draw …" begins; nowhere else. The first signal competes with the words of the vocabulary, so its logit w·h is
trained against the logarithm of their sum: one logistic regression over the states h, with the model as it is.
Writes `signal_head.safetensors` (all 16 rows; only the first competes) and prints how often it asks on texts
that were held out.
"""

import argparse
import itertools
import json
import random
import re

import torch
from safetensors.torch import save_file

from captions import COMMON
from states import LanguageModel, WORDS

INSTRUCTION = "Write a short story about {prompt}. Use short paragraphs."
DEEDS = """learns to paint|finds a treasure|is afraid of the dark|wants to fly|gets lost in the rain|makes a new friend|goes to the sea|bakes a
cake|builds a house|plants a garden|loses a hat|wins a race|visits the moon|helps an old neighbour|cannot sleep|learns to read|sails
away|meets a giant|keeps a secret|has a birthday""".replace("\n", " ").split("|")
QUESTIONS = """What is the capital of {0}?|How do I learn {1}?|Tell me about {2}.|Why is the {2} important?|What is {3} plus {4}?|Give me three tips
for {1}.|What does a {2} eat?|Explain {1} in one sentence.|Who invented the {2}?|Is a {2} bigger than a {5}?""".replace("\n", " ").split("|")
REQUESTS = """Draw {0}.|Show me a picture of {0}.|Paint {0}, please.|Can you draw {0}?|I want to see {0}.|Please make a picture of {0}|A drawing of
{0}|Draw {0} for me!""".replace("\n", " ").split("|")
PLACES = "France Japan Kenya Peru Canada India Norway Egypt".split()
SKILLS = "cooking swimming chess mathematics gardening singing writing football".split()
HELD_OUT = 0.2


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def candidates(kind, rng):
    nouns = sorted(COMMON)
    a, b = rng.sample(nouns, 2)
    if kind == "story":
        return INSTRUCTION.format(prompt=f"{article(a)} who {rng.choice(DEEDS)}")
    if kind == "answer":
        return rng.choice(QUESTIONS).format(rng.choice(PLACES), rng.choice(SKILLS), a, rng.randint(2, 90), rng.randint(2, 90), b)
    return rng.choice(REQUESTS).format(article(a))


def prompts(llm, kind, count, rng):
    """Token ids of messages to the language model: those lengths that are most common, so that batches need no padding."""
    by_length = {}
    for message in dict.fromkeys(candidates(kind, rng) for _ in range(20 * count)):
        ids = llm.tokenizer.apply_chat_template([dict(role="user", content=message)], add_generation_prompt=True, return_dict=False)
        by_length.setdefault(len(ids), []).append(ids)
    return [ids for group in sorted(by_length.values(), key=len, reverse=True) for ids in group][:count]


@torch.no_grad()
def write(llm, prompts, tokens, generator, temperature=0.7, keep=40):
    """Continues prompts, those of one length in a batch; → (length of the prompt, token ids up to the end token)."""
    end = llm.tokenizer.convert_tokens_to_ids("<|im_end|>")
    texts = []
    for _, group in itertools.groupby(sorted(prompts, key=len), key=len):
        for out in torch.tensor(list(group)).split(64):
            prompt, cache, unread = out.shape[1], None, out
            for _ in range(tokens):
                answer = llm.model(unread, past_key_values=cache, use_cache=True)
                cache, logits = answer.past_key_values, answer.logits[:, -1].float()
                best = logits.topk(keep)
                chosen = torch.multinomial((best.values / temperature).softmax(-1), 1, generator=generator)
                unread = best.indices.gather(1, chosen)
                out = torch.cat([out, unread], 1)
                if (out[:, prompt:] == end).any(1).all():
                    break
            texts += [(prompt, row[:row.index(end, prompt)] if end in row[prompt:] else row) for row in out.tolist()]
    return texts


def labels(llm, kind, prompt, ids):
    """(position of a state, whether a picture belongs after it) for every position of the answer."""
    words = {f"{n}{s}" for n in COMMON for s in ("", "s", "es")}
    asked = [(prompt - 1, kind == "request")]
    text = ""
    for position in range(prompt, len(ids)):
        text += llm.tokenizer.decode([ids[position]])
        ends = kind == "story" and text.endswith("\n") and not text.isspace()
        last = text.strip().split("\n")[-1]
        sentences = " ".join(re.split(r"(?<=[.!?]) ", last)[-2:]).lower()
        asked.append((position, ends and bool(words & set(re.findall(r"[a-z]+", sentences)))))
    return asked


@torch.no_grad()
def examples(llm, kind, prompt, ids):
    """States (n, 576), the logarithm of the vocabulary's sum (n), and the labels."""
    states = llm.model.model(torch.tensor([ids]), use_cache=False).last_hidden_state[0].float()
    where = labels(llm, kind, prompt, ids)
    states = states[[position for position, _ in where]]
    logits = states @ llm.model.get_output_embeddings().weight.float().T
    return states, logits.logsumexp(1), torch.tensor([float(wanted) for _, wanted in where])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--texts", type=int, default=192, help="of each kind")
    parser.add_argument("--tokens", type=int, default=220)
    arguments = parser.parse_args()
    rng, generator = random.Random(0), torch.Generator().manual_seed(0)
    llm = LanguageModel(arguments.llm, torch.bfloat16)
    found = {}
    for kind in ("story", "answer", "request"):
        texts = write(llm, prompts(llm, kind, arguments.texts, rng), arguments.tokens if kind == "story" else 30, generator)
        rng.shuffle(texts)
        found[kind] = [examples(llm, kind, *text) for text in texts]
        print(kind, len(texts), "texts,", sum(len(e[2]) for e in found[kind]), "positions,", int(sum(e[2].sum() for e in found[kind])), "pictures", flush=True)

    cut = lambda part: [e for texts in found.values() for e in part(texts)]
    held = cut(lambda texts: texts[:int(len(texts) * HELD_OUT)])
    states, sums, wanted = (torch.cat(column) for column in zip(*cut(lambda texts: texts[int(len(texts) * HELD_OUT):])))
    weight = torch.zeros(states.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], max_iter=400, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        # The mean state alone cannot set a threshold, as there is no bias: the decay leaves it free to.
        value = torch.nn.functional.binary_cross_entropy_with_logits(states @ weight - sums, wanted, reduction="sum") + 0.05 * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    report = {}
    for name, part in [("all", held)] + [(kind, texts[:int(len(texts) * HELD_OUT)]) for kind, texts in found.items()]:
        s, n, y = (torch.cat(column) for column in zip(*part))
        chance = (s @ weight.detach() - n).sigmoid()
        asks = chance > 0.5
        report[name] = dict(
            positions=len(y), pictures=int(y.sum()), asks=int(asks.sum()), recall=float((asks & (y > 0)).sum() / y.sum().clamp(min=1)),
            precision=float((asks & (y > 0)).sum() / asks.sum().clamp(min=1)), expected=float(chance.sum()))
        print(name, {k: round(v, 3) for k, v in report[name].items()}, flush=True)
    head = torch.zeros(len(WORDS), len(weight))
    head[0] = weight.detach()
    save_file({"signal_head.weight": head.half()}, f"{arguments.work}/signal_head.safetensors", {"format": "pt"})
    json.dump(report, open(f"{arguments.work}/emission.json", "w"), indent=1)


if __name__ == "__main__":
    main()
