"""Times `gen` and peers in turns on the same random weights, and prints the ratios.

    python compare.py FOLDER [--peers pytorch openvino] [--part unet] [--precision f32] [--size 512] [--rounds 5]
"""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Peer:
    def __init__(self, name, options):
        self.name = name
        command = [sys.executable, HERE / "peer.py", name, options.folder, options.part, options.precision, options.size, options.threads]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended; its message is above")
        return json.loads(line)

    def time(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()


class Gen:
    name = "gen"

    def __init__(self, options):
        self.part = options.part
        self.command = [
            options.gen, "bench", "speed", "-m", options.folder, "-W", options.size, "-H", options.size, "--precision", options.precision,
            "--rounds", 1, "-t", options.threads, "--json"] + (["--only-unet"] if options.part == "unet" else [])

    def time(self):
        result = subprocess.run([str(word) for word in self.command], capture_output=True, text=True)
        if result.returncode:
            sys.exit(result.stderr)
        part = json.loads(result.stdout)["parts"][-1]
        return {"seconds": part["seconds"]}


class StableDiffusionCpp:
    """A whole picture in a few steps; its own report of the sampling time, divided by them."""

    name, steps = "stable-diffusion.cpp", 2

    def __init__(self, options):
        self.command = [
            options.sd_cli, "-m", options.sd_model, "-p", "a cat", "--steps", self.steps, "-W", options.size, "-H", options.size,
            "-t", options.threads, "-o", os.devnull, "--cfg-scale", 7.5]

    def time(self):
        lines = []
        with subprocess.Popen([str(word) for word in self.command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"sampling completed, taking ([\d.]+)s", line):
                    process.kill()  # It would decode now.
                    return {"seconds": float(found[1]) / self.steps}
        sys.exit("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--peers", nargs="*", default=["pytorch", "openvino"], choices=["pytorch", "openvino"])
    parser.add_argument("--part", default="unet", choices=["unet", "decoder"])
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16", "int8"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--gen", default=HERE.parents[1] / ".build/release/gen")
    parser.add_argument("--sd-cli", help="stable-diffusion.cpp's program, to run it too")
    parser.add_argument("--sd-model", help="the weights for it, one file")
    options = parser.parse_args()
    runners = [Gen(options)] + [Peer(name, options) for name in options.peers]
    if options.sd_cli:
        runners.append(StableDiffusionCpp(options))
    seconds = {runner.name: [] for runner in runners}
    peaks = {}
    for number in range(options.rounds):
        for runner in runners:
            result = runner.time()
            seconds[runner.name].append(result["seconds"])
            peaks[runner.name] = result.get("peak")
        print(f"round {number + 1}: " + ", ".join(f"{name} {times[-1]:.2f} s" for name, times in seconds.items()), file=sys.stderr)
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    print(f"{options.part}, {options.size}×{options.size}, {options.precision}, {options.threads} threads, {model}")
    print(f"{'':22}{'median':>9}{'min':>9}{'max':>9}{'÷ gen':>9}{'peak':>10}")
    for name, times in seconds.items():
        ratio = statistics.median(peer / own for peer, own in zip(times, seconds["gen"]))
        peak = f"{peaks[name] / 1e9:.2f} GB" if peaks[name] else ""
        print(f"{name:22}{statistics.median(times):8.2f}s{min(times):8.2f}s{max(times):8.2f}s{ratio:9.2f}{peak:>10}")


if __name__ == "__main__":
    main()
