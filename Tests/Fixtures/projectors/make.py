"""Makes the projector fixtures with PyTorch: each published design, small, with random weights.

    python make.py        # writes <name>/{config.json, model.safetensors, expected.safetensors} beside this file

The modules follow the published sources: GILL `gill/layers.py` (TextFcLayer), NExT-GPT `multimodal_projector/projector.py`
(TransformersProjector), MiniGPT-5 `model.py`, MetaQuery's connector as a plain nn.TransformerEncoder.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
LLM = 40  # width of the language model's states


def transformer(width, heads, feed_forward):
    return nn.Transformer(
        batch_first=True, norm_first=True, d_model=width, num_encoder_layers=2, num_decoder_layers=3,
        dim_feedforward=feed_forward, dropout=0.0, nhead=heads)


class Linear(nn.Module):
    """GILL's `linear` mode: the first m tokens."""

    def __init__(self, count, outputs):
        super().__init__()
        self.count = count
        self.model = nn.Linear(LLM, outputs)

    def forward(self, states):
        return self.model(states)[:, :self.count]


class GILLMapper(nn.Module):
    def __init__(self, width, count, outputs):
        super().__init__()
        self.fc = nn.Linear(LLM, width)
        self.tfm = transformer(width, 4, 2 * width)
        self.model = nn.Linear(width, outputs)
        self.query_embs = nn.Parameter(torch.randn(1, count, width))

    def forward(self, states):
        return self.model(self.tfm(self.fc(states), self.query_embs.repeat(len(states), 1, 1)))


class NExTGPTProjector(nn.Module):
    def __init__(self, width, count, outputs):
        super().__init__()
        self.in_fc = nn.Linear(LLM, width)
        self.tfm = transformer(width, 2, 3 * width)
        self.out_fc = nn.Linear(width, outputs)
        self.query_embs = nn.Parameter(torch.randn(1, count, width))

    def forward(self, states):
        return self.out_fc(self.tfm(self.in_fc(states), self.query_embs.repeat(len(states), 1, 1)))


class MiniGPT5Projector(nn.Module):
    def __init__(self, width, count):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(LLM, width), nn.GELU(), nn.Linear(width, width))
        self.llm_to_t2i_mapping = transformer(width, 8, 2 * width)
        self.t2i_decoder_prompt = nn.Parameter(torch.randn(1, count, width))

    def forward(self, states):
        return self.llm_to_t2i_mapping(
            src=self.fc(states), tgt=self.t2i_decoder_prompt.repeat(len(states), 1, 1))


class MetaQueryConnector(nn.Module):
    def __init__(self, width, count, outputs):
        super().__init__()
        self.in_proj = nn.Linear(LLM, width)
        self.position = nn.Parameter(torch.randn(1, count, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.out_proj = nn.Linear(width, outputs)
        self.null_condition = nn.Parameter(torch.randn(1, count, outputs))

    def forward(self, states):
        return self.out_proj(self.norm(self.encoder(self.in_proj(states) + self.position)))


def unsettle(module):
    """Initial biases are 0 and norms 1; a trained model's are not."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
            else:
                parameter.mul_(1.3)


def make(name, module, config, prefix="", adds_rows=False, extra={}):
    unsettle(module)
    module.eval()
    tokens = config["signal_tokens"]
    count = 2 * len(tokens) - 1 if config["_class_name"] == "NExTGPTProjector" else len(tokens)
    states = torch.randn(2, count, LLM)
    states[:, :, 3] *= 15  # language models' states have a few dimensions that stand out
    rows = 0.5 * torch.randn(count, LLM)
    with torch.no_grad():
        expected = {
            "states": states, "conditioning": module(states + rows if adds_rows else states),
            "zeros": module(torch.zeros(1, count, LLM))}
    if adds_rows:
        expected["rows"] = rows
    tensors = {prefix + key: value.contiguous() for key, value in module.state_dict().items()}
    full = {
        "_class_name": None, "llm_hidden_size": LLM, "hidden_size": 0, "encoder_layers": 0, "decoder_layers": 0,
        "heads": 0, "ffn_size": 0, "query_count": 0, "output_size": 0, "signal_tokens": None, "state_offset": 0,
        "adds_input_embeddings": adds_rows, "null_condition": "text",
        "prompt_template": "<|im_start|>user\nDraw {prompt}.<|im_end|>\n{signals}"} | config
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    save_file(tensors | extra, folder / "model.safetensors")
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    (folder / "config.json").write_text(json.dumps(full, indent=2) + "\n")


def signals(count, form="[IMG{}]"):
    return [form.format(i) for i in range(count)]


def main():
    torch.manual_seed(5)
    make(
        "linear", Linear(6, 24),
        {"_class_name": "LinearProjector", "query_count": 6, "output_size": 24, "signal_tokens": signals(8)},
        prefix="gen_text_hidden_fcs.0.")
    make(
        "gill", GILLMapper(32, 11, 24),
        {"_class_name": "GILLMapper", "hidden_size": 32, "encoder_layers": 2, "decoder_layers": 3, "heads": 4,
         "ffn_size": 64, "query_count": 11, "output_size": 24, "signal_tokens": signals(8)},
        prefix="model.gen_text_hidden_fcs.0.", adds_rows=True,
        extra={"signal_embeddings.weight": torch.randn(8, LLM), "signal_head.weight": torch.randn(8, LLM)})
    make(
        "nextgpt", NExTGPTProjector(32, 9, 40),
        {"_class_name": "NExTGPTProjector", "hidden_size": 32, "encoder_layers": 2, "decoder_layers": 3, "heads": 2,
         "ffn_size": 96, "query_count": 9, "output_size": 40, "signal_tokens": signals(4, "<image_{:02d}>")},
        prefix="mm_output_img_projector.", adds_rows=True)
    make(
        "minigpt5", MiniGPT5Projector(32, 13),
        {"_class_name": "MiniGPT5Projector", "hidden_size": 32, "encoder_layers": 2, "decoder_layers": 3, "heads": 8,
         "ffn_size": 64, "query_count": 13, "output_size": 32, "signal_tokens": signals(8), "state_offset": -1,
         "null_condition": "zeros"})
    make(
        "metaquery", MetaQueryConnector(32, 16, 24),
        {"_class_name": "MetaQueryConnector", "hidden_size": 32, "encoder_layers": 3, "heads": 4, "ffn_size": 64,
         "query_count": 16, "output_size": 24, "signal_tokens": signals(16), "null_condition": "learned"})


if __name__ == "__main__":
    main()
