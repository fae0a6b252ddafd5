"""Makes random.json and values.f32: what PyTorch, NumPy and a second Philox draw for a set of seeds.

Run with torch and numpy installed, on an x86 machine with AVX2 (other machines' PyTorch differs in the last bits):
    python3 make.py
"""
import json
import math
import pathlib
import struct

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
SEEDS = [0, 1, 42, 1234567, 2**31, 2**32 - 1, 2**32 + 5, 2**63 + 11]
MIXED = [1, 5, 15, 16, 17, 1, 31, 32, 3, 100, 48, 7, 255]
LARGE = [1023, 16384, 4 * 96 * 64 + 3]


def philox(counter, key):
    """Philox 4x32-10, written from the paper's definition (section 3.3), one counter at a time."""
    r0, l0, r1, l1 = counter
    k0, k1 = key
    mask = 2**32 - 1
    for _ in range(10):
        a, b = 0xD2511F53 * r0, 0xCD9E8D57 * r1
        r0, l0, r1, l1 = (b >> 32) ^ l0 ^ k0, b & mask, (a >> 32) ^ l1 ^ k1, a & mask
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return r0, l0, r1, l1


# The known answers that the authors publish with Random123.
for counter, key, answer in [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]:
    assert philox(counter, key) == answer


def cuda_draw(seed, offset, count):
    samples = []
    for index in range(count):
        x, y, _, _ = philox((offset, 0, index, 0), (seed & (2**32 - 1), seed >> 32))
        # The GPU's fused multiply-add in single precision: both products are exact in double.
        u = float(np.float32(float(np.float32(x)) * 2.0**-32 + 2.0**-33))
        turn = float(np.float32(2 * math.pi))
        v = float(np.float32(float(np.float32(y)) * turn * 2.0**-32 + turn * 2.0**-33))
        samples.append(math.sqrt(-2 * math.log(u)) * math.sin(v))
    return np.array(samples, np.float32)


def fnv(values):
    """FNV-1a over the bytes, to compare a large draw by one number."""
    state = 0xCBF29CE484222325
    for byte in values.astype("<f4").tobytes():
        state = ((state ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{state:016x}"


streams, values = [], []


def stream(source, seed, draws, draw):
    drawn = [draw(count) for count in draws]
    streams.append({"source": source, "seed": str(seed), "draws": draws,
                    "hashes": [fnv(d) for d in drawn], "values": sum(draws) < 1000})
    if sum(draws) < 1000:
        values.extend(drawn)


for seed in SEEDS:
    for draws in [MIXED] + [[count] for count in LARGE]:
        generator = torch.Generator().manual_seed(seed)
        stream("torch", seed, draws, lambda n: torch.randn(n, generator=generator).numpy())
    for draws in [MIXED, [1023]]:
        state = np.random.RandomState(seed % 2**32)
        stream("numpy", seed, draws, lambda n: state.standard_normal(n).astype(np.float32))
        offset = iter(range(100))
        stream("cuda", seed, draws, lambda n: cuda_draw(seed, next(offset), n))

generator = torch.Generator().manual_seed(42)
uniforms = {
    "torch": torch.rand(8, generator=generator, dtype=torch.float64).tolist(),
    "numpy": np.random.RandomState(42).random_sample(8).tolist(),
}
data = np.concatenate(values).astype("<f4")
(HERE / "values.f32").write_bytes(data.tobytes())
(HERE / "random.json").write_text(json.dumps({"uniforms": uniforms, "streams": streams}, indent=1) + "\n")
print(len(streams), "streams,", len(data), "values")
