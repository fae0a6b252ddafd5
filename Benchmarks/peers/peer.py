"""One peer, loaded once: each line on standard input has it run once, and the seconds come back as a line of JSON.

    python peer.py {pytorch,openvino} FOLDER {unet,decoder} {f32,bf16,int8} PIXELS THREADS
"""

import contextlib
import json
import os
import sys
import time

import numpy as np


def inputs(part, size):
    random, side = np.random.default_rng(0), size // 8
    if part == "decoder":
        return [random.standard_normal((1, 4, side, side), np.float32)]
    return [random.standard_normal((2, 4, side, side), np.float32), np.float32(500), random.standard_normal((2, 77, 768), np.float32)]


def network(folder, part):
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel

    kind = AutoencoderKL if part == "decoder" else UNet2DConditionModel
    model = kind.from_pretrained(f"{folder}/{'vae' if part == 'decoder' else 'unet'}", torch_dtype=torch.float32).eval()

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *arguments):
            call = self.model.decode if part == "decoder" else self.model
            return call(*arguments, return_dict=False)[0]

    return Network()


def pytorch(folder, part, precision, size, threads):
    import torch

    if precision == "int8":
        sys.exit("PyTorch has no int8 path for this network")
    torch.set_num_threads(threads)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    run = network(folder, part).to(dtype).to(memory_format=torch.channels_last)
    tensors = [torch.as_tensor(value).to(dtype) for value in inputs(part, size)]

    def once():
        with torch.inference_mode():
            run(*tensors)

    return once


def quantized(core, path, values):
    """Weights and activations in bytes where NNCF thinks it safe; what is random needs one sample and no corrections."""
    import openvino

    result = path.replace(".xml", "-int8.xml")
    if not os.path.exists(result):
        with contextlib.redirect_stdout(sys.stderr):  # It reports there; the answers have the other to themselves.
            import nncf

            simple = nncf.AdvancedQuantizationParameters(disable_bias_correction=True)
            model = nncf.quantize(
                core.read_model(path), nncf.Dataset([values]), subset_size=1, model_type=nncf.ModelType.TRANSFORMER, advanced_parameters=simple)
        openvino.save_model(model, result)
    return result


def openvino(folder, part, precision, size, threads):
    import openvino
    import torch

    values = inputs(part, size)
    path = f"{folder}/openvino-{part}.xml"
    if not os.path.exists(path):
        run = network(folder, part)
        example = tuple(torch.as_tensor(value) for value in values)
        openvino.save_model(openvino.convert_model(run, example_input=example), path)
    core = openvino.Core()
    if precision == "int8":
        path = quantized(core, path, values)
    model = core.read_model(path)
    model.reshape({port: list(np.shape(value)) for port, value in zip(model.inputs, values)})
    options = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "int8" else precision, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(model, "CPU", options).create_infer_request()
    return lambda: request.infer(values)


def peak():
    """Of this process, in bytes."""
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))


def main():
    name, folder, part, precision, size, threads = sys.argv[1:]
    started = time.time()
    once = {"pytorch": pytorch, "openvino": openvino}[name](folder, part, precision, int(size), int(threads))
    once()
    print(json.dumps({"loaded": time.time() - started}), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        once()
        print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak()}), flush=True)


if __name__ == "__main__":
    main()
