"""Makes small image encoders and input projectors, and what transformers answers with them.

    pip install torch transformers safetensors pillow tokenizers diffusers && python make.py

Run after pipeline/make.py, whose signal-minigpt5/ the whole path is tested with. Writes, beside this script: picture-0.png;
preprocessed.safetensors and preprocessed.json (CLIPImageProcessor by Pillow); image_encoder/ with expected.safetensors
(CLIPVisionModel); linear/, mlp/ and pooled/ (LLaVA's, LLaVA 1.5's and GILL's projectors) and qformer/ (BLIP-2's, as transformers
names it; qformer-original/ as MiniGPT-4 does), each an input_projector/ folder with the rows that it makes of picture-0.png;
document.md with the conditioning and the picture that it gives.
"""

import json
import shutil
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel, CLIPVisionConfig, CLIPVisionModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "pipeline"))
pipeline = SourceFileLoader("pipeline", str(HERE.parent / "pipeline" / "make.py")).load_module()
models = pipeline.models
WIDTH, LLM, SIZE = 24, pipeline.LLM, 32
torch.set_num_threads(1)


def write(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def picture(width, height, seed):
    """Smooth shapes, noise and hard edges."""
    rng = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = numpy.stack([numpy.sin(x / (3 + i) + seed) * numpy.cos(y / (4 - i)) for i in range(3)], -1)
    values = 127 + 90 * waves + rng.normal(0, 25, (height, width, 3))
    values[(x + y) % 11 < 4] = rng.integers(0, 256, 3)
    return Image.fromarray(values.clip(0, 255).astype("uint8"))


def preprocess():
    cases, tensors = [], {}
    settings = {
        "clip": {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}},
        "bilinear": {"size": {"height": 20, "width": 28}, "resample": 2, "do_center_crop": False, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7]},
        "padded": {"size": {"shortest_edge": 15}, "crop_size": {"height": 24, "width": 18}},
        "plain": {"do_resize": False, "crop_size": {"height": 9, "width": 12}, "do_normalize": False},
    }
    for i, (width, height) in enumerate([(50, 37), (20, 64), (31, 31), (16, 12), (130, 41)]):
        image = picture(width, height, i)
        if i == 0:
            image.save(HERE / "picture-0.png", optimize=True)
        tensors[f"{i}.pixels"] = torch.from_numpy(numpy.array(image))
        for name, values in settings.items():
            processor = CLIPImageProcessorPil(**values)
            pixels = processor(image, return_tensors="pt").pixel_values[0]
            tensors[f"{i}.{name}"] = pixels.permute(1, 2, 0).contiguous()
            cases.append({"picture": i, "name": name})
    write(HERE / "preprocessed.json", {"settings": {key: json.dumps(value) for key, value in settings.items()}, "cases": cases})
    save_file(tensors, HERE / "preprocessed.safetensors")


def encoder():
    config = CLIPVisionConfig(
        hidden_size=WIDTH, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4, image_size=SIZE, patch_size=8,
        hidden_act="quick_gelu", projection_dim=16)
    model = models.rounded(models.randomize(CLIPVisionModel(config), 51))
    model.half().save_pretrained(HERE / "image_encoder")
    write(HERE / "image_encoder" / "preprocessor_config.json", {
        "size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}, "do_resize": True, "resample": 3,
        "image_processor_type": "CLIPImageProcessor", "rescale_factor": 1 / 255})
    model = CLIPVisionModel.from_pretrained(HERE / "image_encoder", dtype=torch.float32).eval()
    processor = CLIPImageProcessorPil.from_pretrained(HERE / "image_encoder")
    pixels = processor(Image.open(HERE / "picture-0.png"), return_tensors="pt").pixel_values
    with torch.no_grad():
        output = model(pixels, output_hidden_states=True)
    expected = {"pixels": pixels.permute(0, 2, 3, 1).contiguous(), "pooled": output.pooler_output}
    expected |= {f"states.{i}": states for i, states in enumerate(output.hidden_states)}
    save_file({key: value.contiguous().clone() for key, value in expected.items()}, HERE / "expected.safetensors")
    return model, processor, output


def projector(name, config, tensors, rows):
    folder = HERE / name
    folder.mkdir()
    write(folder / "config.json", {"encoder_hidden_size": WIDTH, "llm_hidden_size": LLM} | config)
    save_file({key: value.detach().half().contiguous() for key, value in tensors.items()}, folder / "model.safetensors")
    save_file({"rows": rows.detach().reshape(-1, LLM).contiguous()}, HERE / f"{name}.safetensors")


def halves(module):
    models.projectors.unsettle(module)
    return module.half().float().eval()


def projectors(model, output):
    patches = output.hidden_states[-2][:, 1:]
    linear = halves(nn.Linear(WIDTH, LLM))
    projector("linear", {"_class_name": "LinearInputProjector"}, {f"model.mm_projector.{k}": v for k, v in linear.state_dict().items()}, linear(patches))
    mlp = halves(nn.Sequential(nn.Linear(WIDTH, LLM), nn.GELU(), nn.Linear(LLM, LLM)))
    names = {"0": "linear_1", "2": "linear_2"}
    projector(
        "mlp", {"_class_name": "MLPInputProjector", "feature_layer": -2, "features": "patch"},
        {f"multi_modal_projector.{names[k[0]]}{k[1:]}": v for k, v in mlp.state_dict().items()}, mlp(patches))
    pooled = halves(nn.Linear(WIDTH, 4 * LLM))
    projector(
        "pooled", {"_class_name": "LinearInputProjector", "features": "pooled", "query_count": 4},
        {f"model.visual_embeddings.{k}": v for k, v in pooled.state_dict().items()}, pooled(output.pooler_output))

    config = Blip2QFormerConfig(
        hidden_size=20, num_hidden_layers=4, num_attention_heads=4, intermediate_size=36, encoder_hidden_size=WIDTH,
        cross_attention_frequency=2, vocab_size=10)
    former = halves(Blip2QFormerModel(config))
    queries = nn.Parameter(torch.randn(1, 6, 20, generator=torch.Generator().manual_seed(52)).half().float())
    last = halves(nn.Linear(20, LLM))
    with torch.no_grad():
        features = model.vision_model.post_layernorm(output.hidden_states[-1]) if hasattr(model, "vision_model") else model.post_layernorm(output.hidden_states[-1])
        rows = last(former(query_embeds=queries, encoder_hidden_states=features).last_hidden_state)
    settings = {
        "_class_name": "QFormerInputProjector", "query_count": 6, "hidden_size": 20, "layers": 4, "heads": 4, "ffn_size": 36,
        "image_prefix": "<Img>", "image_suffix": "</Img>"}
    # transformers builds the layers' text path only on request; MiniGPT-4 deletes it
    state = {key: value for key, value in former.state_dict().items()}
    tensors = {f"qformer.{key}": value for key, value in state.items()} | {"query_tokens": queries}
    tensors |= {f"language_projection.{key}": value for key, value in last.state_dict().items()}
    projector("qformer", settings, tensors, rows)
    original = {}
    for key, value in state.items():
        key = key.replace("attention.attention.", "attention.self.")
        key = key.replace("layernorm.", "embeddings.LayerNorm.") if key.startswith("layernorm.") else key
        original[f"Qformer.bert.{key}"] = value
    original |= {"query_tokens": queries} | {f"llama_proj.{key}": value for key, value in last.state_dict().items()}
    projector("qformer-original", settings, original, rows)
    return linear


DOCUMENT = "Once there was a girl.\n\n![a girl](picture-0.png)\n\nShe read `![no](picture.png)` a book.\n"


def whole(model, processor, linear):
    """The document through signal-minigpt5/ with the linear projector: each text is tokenized by itself."""
    (HERE / "document.md").write_text(DOCUMENT)
    reference = pipeline.SignalTokens("signal-minigpt5").load_diffusion()
    before, after = reference.config["prompt_template"].replace("{signals}", "").split("{prompt}")
    texts = DOCUMENT.strip().split("![a girl](picture-0.png)")
    first = reference.tokenizer.encode(before + texts[0]).ids
    second = reference.tokenizer.encode(texts[1] + after, add_special_tokens=False).ids
    with torch.no_grad():
        pixels = processor(Image.open(HERE / "picture-0.png"), return_tensors="pt").pixel_values
        rows = linear(model(pixels, output_hidden_states=True).hidden_states[-2][0, 1:])
        table = reference.llm.get_input_embeddings()
        text = torch.cat([table(torch.tensor(first)), rows, table(torch.tensor(second))])
        states = reference.llm.model(inputs_embeds=torch.cat([text, reference.rows])[None]).last_hidden_state
        states = states[:, len(text) - 1 : len(text) - 1 + len(reference.rows)]
        conditioning = reference.projector(states)
        save_file({"text": text, "conditioning": conditioning.contiguous()}, HERE / "document.safetensors")
        reference.condition = lambda prompt: conditioning
        case = {"prompt": "", "negative": None, "guidance": 5.0, "seed": 3, "steps": 5, "eta": 0, "sampler": None, "width": 64, "height": 64}
        reference(case).save(HERE / "document.png", optimize=True)


def main():
    for path in HERE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    torch.manual_seed(50)
    preprocess()
    model, processor, output = encoder()
    whole(model, processor, projectors(model, output))


if __name__ == "__main__":
    main()
