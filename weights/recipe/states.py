"""Runs the frozen language model: caption → its final hidden states at the 16 signal tokens.

    python states.py --work DIR --llm FILE.gguf

The prompt is the template below, tokenized as one string, followed by 16 signal tokens whose input
embeddings are rows of existing words (a frozen model understands them from the first step). The states
are those after the final RMSNorm. Every caption is run once; captions of equal length share a batch,
so that nothing is padded. Writes `states.pt` as it goes; captions already in it are not run again.
"""

import argparse
import itertools
import json
import os
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import checkpoints

TEMPLATE = "<|im_start|>user\nDraw {prompt}.<|im_end|>\n<|im_start|>assistant\n{signals}"
WORDS = "picture object subject animal person shape color size action pose style background detail count scene mood".split()
BATCH = 64


class LanguageModel:
    """`states(prompts)`: (n, 16, 576) for prompts whose token counts are equal."""

    def __init__(self, gguf, dtype):
        folder, file = os.path.split(gguf)
        self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
        self.model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).to(dtype).eval()
        self.rows = self.model.get_input_embeddings()
        ids = [self.tokenizer(" " + word, add_special_tokens=False)["input_ids"][0] for word in WORDS]
        self.signals = self.rows.weight[ids].detach()

    def tokens(self, prompt):
        text = TEMPLATE.replace("{signals}", "").replace("{prompt}", prompt)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @torch.no_grad()
    def states(self, tokens, signals=None):
        signals = self.signals if signals is None else signals
        embedded = torch.cat([self.rows(torch.tensor(tokens)), signals.expand(len(tokens), -1, -1)], 1)
        return self.model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state[:, -len(signals):].float()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--llm", required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    path = f"{arguments.work}/states.pt"
    captions = json.load(open(f"{arguments.work}/captions.json"))
    llm = LanguageModel(arguments.llm, torch.bfloat16)
    known = checkpoints.load(path) or dict(captions=[], states=torch.zeros(0, len(WORDS), 576, dtype=torch.float16), signals=llm.signals.float())
    missing = sorted((len(tokens), caption, tokens) for caption in set(captions) - set(known["captions"]) for tokens in [llm.tokens(caption)])
    groups = [list(group) for _, group in itertools.groupby(missing, key=lambda entry: entry[0])]
    batches = [group[s:s + BATCH] for group in groups for s in range(0, len(group), BATCH)]
    started = time.time()
    for number, batch in enumerate(batches, 1):
        known["captions"] += [caption for _, caption, _ in batch]
        known["states"] = torch.cat([known["states"], llm.states([tokens for *_, tokens in batch]).half()])
        if number % 20 == 0 or number == len(batches):
            checkpoints.save(known, path)
            print(f"{number} of {len(batches)} batches, {time.time() - started:.0f} s", flush=True)
    print("deviation over prompts at each token", known["states"].float().std(0).mean(1).tolist())


if __name__ == "__main__":
    main()
