"""Makes the text-encoder fixtures with transformers: small CLIP text models with random weights.

    python make.py        # writes <name>/{config.json, model.safetensors, expected.safetensors} beside this file
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

HERE = Path(__file__).parent
VOCABULARY, BEGIN, END, LENGTH = 128, 126, 127, 77


def unsettle(model):
    """Initial biases are 0, norms 1 and matrices tiny; a trained model's are not."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.2 * noise)
            elif "embedding" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)


def sequences(pad):
    """The empty prompt, a short one and one that fills the context."""
    def padded(tokens):
        ids = [BEGIN, *tokens, END]
        return ids + [pad] * (LENGTH - len(ids))
    words = lambda n: torch.randint(1, BEGIN, (n,)).tolist()
    return torch.tensor([padded([]), padded(words(9)), padded(words(LENGTH - 2))])


def make(name, kind, pad, rename=lambda key: key, position_ids=None, **settings):
    config = CLIPTextConfig(
        vocab_size=VOCABULARY, max_position_embeddings=LENGTH, bos_token_id=BEGIN, pad_token_id=pad,
        attn_implementation="eager", **settings)
    model = kind(config).eval()
    unsettle(model)
    ids = sequences(pad)
    with torch.no_grad():
        output = model(ids, output_hidden_states=True)
    expected = {"ids": ids, "last": output.last_hidden_state, "penultimate": output.hidden_states[-2],
                "first": output.hidden_states[0]}
    if kind is CLIPTextModelWithProjection:
        expected["embeds"] = output.text_embeds
    else:
        expected["pooled"] = output.pooler_output
    tensors = {rename(key): value.contiguous() for key, value in model.state_dict().items()}
    if position_ids:
        tensors[position_ids] = torch.arange(LENGTH)[None]
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "model.safetensors")
    save_file({key: value.contiguous().clone() for key, value in expected.items()}, folder / "expected.safetensors")
    settings = config.to_diff_dict() | {"architectures": [kind.__name__]}
    (folder / "config.json").write_text(json.dumps(settings, indent=2, sort_keys=True, default=str) + "\n")


def main():
    torch.manual_seed(7)
    # SD 1 and SDXL's first encoder: CLIP ViT-L, published with `text_model.` and `position_ids`, padded with the end token.
    make(
        "clip-l", CLIPTextModel, END, rename=lambda key: "text_model." + key,
        position_ids="text_model.embeddings.position_ids", hidden_size=32, intermediate_size=64, num_hidden_layers=3,
        num_attention_heads=4, hidden_act="quick_gelu", eos_token_id=2, projection_dim=32)
    # SD 2: OpenCLIP ViT-H, here as transformers 5 writes it, without the prefix; padded with `!`.
    make(
        "openclip-h", CLIPTextModel, 0, hidden_size=40, intermediate_size=80, num_hidden_layers=4,
        num_attention_heads=2, hidden_act="gelu", eos_token_id=END, layer_norm_eps=1e-6, projection_dim=16)
    # SDXL's second encoder: OpenCLIP ViT-bigG with its projection.
    make(
        "openclip-bigg", CLIPTextModelWithProjection, 0, hidden_size=48, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=3, hidden_act="gelu", eos_token_id=2, projection_dim=24)


if __name__ == "__main__":
    main()
