"""Makes the gradient fixtures with PyTorch: python3 make.py        (needs torch, transformers, safetensors)

For each projector of ../projectors, the gradients of sum(conditioning * seed) with respect to the states and to every
tensor that is not shown by a checksum alone; for the Llama models of ../language, those with respect to the signal rows.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "projectors"))
import make as projectors  # noqa: E402

LLM = projectors.LLM


def modules():
    yield "linear", projectors.Linear(6, 24), "gen_text_hidden_fcs.0."
    yield "gill", projectors.GILLMapper(32, 11, 24), "model.gen_text_hidden_fcs.0."
    yield "nextgpt", projectors.NExTGPTProjector(32, 9, 40), "mm_output_img_projector."
    yield "minigpt5", projectors.MiniGPT5Projector(32, 13), ""
    yield "metaquery", projectors.MetaQueryConnector(32, 16, 24), ""


def direction(shape, phase):
    """Numbers that Swift can make too: what a gradient is contracted with."""
    return torch.sin(0.37 * torch.arange(shape.numel(), dtype=torch.float64) + phase).reshape(shape)


def projector_gradients():
    """A tensor's gradient is told by its length and its product with `direction`; that of the states in full."""
    answers = {}
    for name, module, prefix in modules():
        folder = HERE.parent / "projectors" / name
        tensors = {k.removeprefix(prefix): v for k, v in load_file(folder / "model.safetensors").items()}
        module.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("signal_")})
        module.double().train()
        expected = load_file(folder / "expected.safetensors")
        states = expected["states"].double()
        if "rows" in expected:
            states = states + expected["rows"].double()
        states.requires_grad_()
        conditioning = module(states)
        (conditioning * direction(conditioning.shape, 0.5)).sum().backward()
        answers[f"{name}.states"] = states.grad.float()
        names = sorted(k for k, p in module.named_parameters() if p.grad is not None)
        gradients = dict(module.named_parameters())
        for key in names:
            g = gradients[key].grad
            answers[f"{name}.tensors.{key}"] = torch.stack(
                [g.norm(), (g * direction(g.shape, 0.25)).sum(), g.flatten()[0], g.flatten()[-1]]).float()
    save_file(answers, HERE / "projectors.safetensors")


def llama_gradients():
    """The gradient of sum(states * seed) at four signal rows after two texts of unequal length."""
    ids = json.loads((HERE.parent / "language" / "ids.json").read_text())
    rows = load_file(HERE.parent / "language" / "signals.safetensors")["signal_embeddings.weight"].double()
    answers = {}
    for name in ["llama-tied", "llama-linear", "mistral", "qwen2"]:
        model = AutoModelForCausalLM.from_pretrained(HERE.parent / "language" / name, dtype=torch.float64).eval()
        signals = rows.clone().requires_grad_()
        parts = []
        for text in (ids[:9], ids[9:15]):
            embeddings = torch.cat([model.get_input_embeddings()(torch.tensor(text)), signals])
            states = model.model(inputs_embeds=embeddings[None]).last_hidden_state[0]
            parts.append(states[len(text):])
        states = torch.cat(parts)
        (states * direction(states.shape, 0.5)).sum().backward()
        answers[f"{name}.states"] = states.detach().float()
        answers[f"{name}.rows"] = signals.grad.float()
    save_file(answers, HERE / "llama.safetensors")


def adamw():
    """Three updates of a matrix and a vector."""
    matrix, vector = torch.nn.Parameter(direction(torch.Size([3, 4]), 1).float()), torch.nn.Parameter(
        direction(torch.Size([5]), 2).float())
    optimizer = torch.optim.AdamW([
        {"params": [matrix], "weight_decay": 0.1}, {"params": [vector], "weight_decay": 0.0}], lr=0.01)
    for step in range(3):
        matrix.grad = direction(matrix.shape, 3 + step).float() * (step + 1)
        vector.grad = direction(vector.shape, 4 + step).float()
        optimizer.step()
    save_file({"matrix": matrix.detach(), "vector": vector.detach()}, HERE / "adamw.safetensors")


if __name__ == "__main__":
    projector_gradients()
    llama_gradients()
    adamw()
