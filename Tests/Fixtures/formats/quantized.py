"""Random and awkward rows, and the blocks that gguf's reference quantizers make of them: quantized.safetensors.

    pip install numpy gguf safetensors && python quantized.py
"""

import pathlib

import numpy
from gguf import GGMLQuantizationType, quants
from safetensors.numpy import save_file


def main():
    generator = numpy.random.default_rng(5)
    rows = generator.standard_normal((40, 96)).astype(numpy.float32)
    rows *= 10.0 ** generator.integers(-6, 4, (40, 1)).astype(numpy.float32)
    rows[0], rows[1] = 0, -0.0
    rows[2] = numpy.tile(numpy.arange(-16, 16, dtype=numpy.float32), 3)  # equal magnitudes, halves
    rows[3] = numpy.tile([1, -1], 48)
    rows[4] = numpy.linspace(-127, 127, 96) / 2
    save_file({
        "values": rows,
        "q8_0": quants.quantize(rows, GGMLQuantizationType.Q8_0),
        "q4_0": quants.quantize(rows, GGMLQuantizationType.Q4_0),
    }, pathlib.Path(__file__).parent / "quantized.safetensors")


if __name__ == "__main__":
    main()
