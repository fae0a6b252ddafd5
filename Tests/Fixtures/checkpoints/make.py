#!/usr/bin/env python3
"""Makes the checkpoint fixtures: small files by the reference writers, and GGML blocks with their decoded values.

    pip install numpy torch safetensors gguf && python3 make.py
"""

import json
from collections import OrderedDict
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q, quants
from safetensors.torch import save_file

here = Path(__file__).parent
random = np.random.default_rng(7)


def safetensors_files():
    """Every element type, with values that each holds exactly; expected values are computed in the test."""
    ramp = torch.arange(-3, 3).reshape(2, 3)
    save_file(
        {
            "f64": ramp.double() / 2,
            "f32": ramp.float() / 2,
            "f16": ramp.half() / 2,
            "bf16": ramp.bfloat16() / 2,
            "i64": ramp.long(),
            "i32": ramp.int(),
            "i16": ramp.short(),
            "i8": ramp.to(torch.int8),
            "u8": ramp.abs().to(torch.uint8),
            "bool": ramp > 0,
            "scalar": torch.tensor(5.0),
            "empty": torch.zeros(0, 4),
            "naïve \"name\"": torch.tensor([1.0]),
        },
        here / "types.safetensors",
        metadata={"format": "pt", "note": "line\nbreak"},
    )
    sharded = here / "sharded"
    sharded.mkdir(exist_ok=True)
    shards = {
        "model-00001-of-00002.safetensors": {"a.weight": torch.ones(2, 2)},
        "model-00002-of-00002.safetensors": {"b.weight": torch.full((3,), 2.0), "b.bias": torch.zeros(3)},
    }
    for name, tensors in shards.items():
        save_file(tensors, sharded / name)
    index = {"metadata": {"total_size": 40}, "weight_map": {k: n for n, t in shards.items() for k in t}}
    (sharded / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))


def blocks(kind):
    """Bytes of a few blocks of `kind`: quantized where gguf can, else random ones with finite scales."""
    size, byte_count = gguf.GGML_QUANT_SIZES[kind]
    try:
        values = random.standard_normal((4, 8 * size)).astype(np.float32)
        values[0, :size] = 0
        return quants.quantize(values, kind)
    except NotImplementedError:
        raw = random.integers(0, 256, (4, 2, byte_count), dtype=np.uint8)
        scale = {Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208]}[kind]
        for at in scale:
            halves = random.standard_normal((4, 2)).astype(np.float16)
            raw[:, :, at : at + 2] = halves.view(np.uint8).reshape(4, 2, 2)
        return raw.reshape(4, -1)


def gguf_files():
    writer = gguf.GGUFWriter(here / "blocks.gguf", "llama")
    decoded = {}
    for kind in (Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q4_K, Q.Q5_K, Q.Q6_K):
        name = kind.name.lower()
        raw = blocks(kind)
        writer.add_tensor(name, raw, raw_dtype=kind)
        decoded[name] = torch.from_numpy(quants.dequantize(raw, kind))
    finish(writer)
    save_file(decoded, here / "blocks-decoded.safetensors")

    writer = gguf.GGUFWriter(here / "types.gguf", "llama")
    writer.add_custom_alignment(64)
    writer.add_uint8("u8", 200)
    writer.add_int8("i8", -100)
    writer.add_uint16("u16", 60000)
    writer.add_int16("i16", -30000)
    writer.add_uint32("u32", 4000000000)
    writer.add_int32("i32", -2000000000)
    writer.add_uint64("u64", 1 << 62)
    writer.add_int64("i64", -(1 << 62))
    writer.add_float32("f32", 0.1)
    writer.add_float64("f64", 0.1)
    writer.add_bool("yes", True)
    writer.add_string("text", "naïve\nline")
    writer.add_array("tokens", ["a", "Ġthe", "<|im_end|>"])
    writer.add_array("scores", [0.5, -1.5])
    writer.add_array("types", [1, 3, 3])
    writer.add_array("flags", [True, False])
    writer.add_array("nested", [[1, 2], [3, 4]])
    ramp = np.arange(-3, 3).reshape(2, 3)
    writer.add_tensor("f64", (ramp / 2).astype(np.float64))
    writer.add_tensor("f32", (ramp / 2).astype(np.float32))
    writer.add_tensor("f16", (ramp / 2).astype(np.float16))
    writer.add_tensor("bf16", quants.quantize((ramp / 2).astype(np.float32), Q.BF16), raw_dtype=Q.BF16)
    for bits in (8, 16, 32, 64):
        writer.add_tensor(f"i{bits}", ramp.astype(f"int{bits}"))
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Callback:
    """Stands for the objects that training frameworks leave beside the state dictionary."""


def torch_files():
    """A training checkpoint with shared, strided and typed tensors, and the same tensors as safetensors."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 4
    state = {
        "weight": base,
        "transposed": base.t(),
        "columns": base[:, 1:3],
        "row": base[2],
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        **{
            str(dtype).split(".")[1]: (torch.arange(6).reshape(2, 3) - 3).to(dtype)
            for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16)
            + (torch.int8, torch.uint8, torch.bool)
        },
    }
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, here / "torch.safetensors")
    torch.manual_seed(7)
    linear = torch.nn.Linear(2, 2)
    whole = {
        "state_dict": OrderedDict(state),
        "epoch": 3,
        "lr": 1e-4,
        "loss": np.float64(0.5),
        "big": 1 << 80,
        "callbacks": {Callback: {"best": [1, (2, 3), {"x"}, b"bytes", None, -1, 70000, -(1 << 40)]}},
        "optimizer": Callback(),
    }
    torch.save(whole, here / "torch.ckpt")
    torch.save(linear.state_dict(), here / "plain.pt")
    torch.save(state, here / "protocol5.pt", pickle_protocol=5)


safetensors_files()
gguf_files()
torch_files()
