"""Times reading and writing of a language model by `gen` and llama.cpp in turns, and prints the ratios.

    python language.py FILE.gguf [--prompt 512] [--tokens 128] [--rounds 5]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def llama(options):
    from llama_cpp import Llama

    model = Llama(str(options.model), n_ctx=options.prompt + options.tokens, n_threads=options.threads, n_threads_batch=options.threads, n_batch=512, verbose=False)
    prompt = [(7 * k) % 40000 + 100 for k in range(options.prompt)]

    def once():
        model.reset()
        started = time.perf_counter()
        model.eval(prompt)
        read = time.perf_counter()
        for k in range(options.tokens):
            model.eval([k + 100])
        return options.prompt / (read - started), options.tokens / (time.perf_counter() - read)

    once()
    return once


def gen(options):
    command = [options.gen, "bench", "language", "--llm", options.model, "--prompt", options.prompt, "--tokens", options.tokens, "-t", options.threads, "--rounds", 1, "--json"]

    def once():
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if result.returncode:
            sys.exit(result.stderr)
        report = json.loads(result.stdout)
        return report["readTokensPerSecond"], report["writtenTokensPerSecond"]

    return once


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--gen", default=HERE.parents[1] / ".build/release/gen")
    options = parser.parse_args()
    runners = {"gen": gen(options), "llama.cpp": llama(options)}
    speeds = {name: [] for name in runners}
    for _ in range(options.rounds):
        for name, once in runners.items():
            speeds[name].append(once())
    for index, what in enumerate((f"reading {options.prompt} tokens", f"writing {options.tokens} tokens")):
        median = {name: statistics.median(s[index] for s in values) for name, values in speeds.items()}
        ratio = statistics.median(own[index] / peer[index] for own, peer in zip(*speeds.values()))
        print(f"{what}: gen {median['gen']:.0f}, llama.cpp {median['llama.cpp']:.0f} tokens/s; {ratio:.2f} times")


if __name__ == "__main__":
    main()
