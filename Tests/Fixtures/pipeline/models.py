"""Tiny models of every kind that a model folder holds, with weights of realistic scale."""

import json
import tempfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CLIPTextConfig, CLIPTextModel, CLIPTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast)

# The published designs, as the projectors' own fixtures have them; their language model is LLM wide.
projectors = SourceFileLoader("projectors", str(Path(__file__).parent.parent / "projectors" / "make.py")).load_module()
LLM = projectors.LLM
CONDITION = 32

subjects = ["a girl", "an old man", "a red fox", "two cats", "a small blue boat", "a green tree", "the queen", "a robot"]
scenes = ["reading a book", "in the snow", "under a yellow moon", "at the sea, dark clouds", "made of glass"]
CAPTIONS = [f"{subject} {scene}" for subject in subjects for scene in scenes]


def randomize(model, seed, embedding=0.5):
    """Weights at which every layer matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                parameter.copy_(0.2 * noise)
            elif parameter.ndim == 1:
                parameter.copy_(1 + 0.3 * noise)
            elif "embed" in name:
                parameter.copy_(embedding * noise)
            else:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
    return model.eval()


def rounded(model):
    """The model with its weights as an fp16 file holds them."""
    return model.half().float().eval()


def language_model(folder, own_signals):
    """A Llama with grouped queries and a byte-level BPE that begins with BOS and knows `own_signals`."""
    specials = ["<|begin|>", "<|im_start|>", "<|im_end|>", *own_signals]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=specials, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False)
    tokenizer.train_from_iterator(CAPTIONS, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    tokenizer.post_processor = processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", 0)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|begin|>", eos_token="<|im_end|>", model_max_length=256
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=LLM, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
        bos_token_id=0, eos_token_id=2, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    randomize(LlamaForCausalLM(config), 1).half().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def clip_tokenizer():
    """CLIP's BPE with a small vocabulary, in OpenAI's order: bytes, bytes that end a word, merges, BOS, EOS."""
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "removed", invert=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=580, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False)
    trained.train_from_iterator(CAPTIONS, trainer)
    merges = json.loads(trained.to_str())["model"]["merges"]
    tokens = alphabet + [byte + "</w>" for byte in alphabet]
    tokens += dict.fromkeys("".join(pair) for pair in merges)
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(tokens)) == len(tokens)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges))
        settings = {
            "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>", "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        return CLIPTokenizer.from_pretrained(str(folder))


def clip_text_model(tokenizer, seed):
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=CONDITION, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=CONDITION,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return rounded(randomize(CLIPTextModel(config), seed))


def clip_states(tokenizer, encoder, texts):
    ids = tokenizer(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        return encoder(ids).last_hidden_state


def unet(seed, **settings):
    """Three levels, so that 9 × 6 latents pass through 5 × 3 and 3 × 2."""
    torch.manual_seed(seed)
    model = UNet2DConditionModel(
        sample_size=8, block_out_channels=(16, 24, 24), layers_per_block=1, norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=4, cross_attention_dim=CONDITION, **settings)
    projectors.unsettle(model)
    return model


def autoencoder(seed, **settings):
    """Four levels: an eighth of the picture's size. The last layer is scaled to pictures well inside [-1, 1]."""
    model = AutoencoderKL(
        block_out_channels=(8, 16, 16, 16), layers_per_block=1, norm_num_groups=4, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, **settings)
    randomize(model, seed)
    latents = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(seed)) / model.config.scaling_factor
    with torch.no_grad():
        last = model.decoder.conv_out
        pictures = model.decode(latents).sample
        last.weight.mul_(0.35 / pictures.std())
        last.bias.sub_(pictures.mean(dim=(0, 2, 3))).mul_(0.35 / pictures.std())
    return rounded(model)


def train(unet, scheduler, conditions, steps=500, batch=16):
    """Teaches the UNet latents that follow the conditioning, so that guidance and noise do what they do in a real model.

    `conditions` holds, for each encoder, the captions' conditioning (N, m, C) and the null condition (1, m, C). The
    latents are smooth fields, a random linear map of the standardized mean over the tokens.
    """
    generator = torch.Generator().manual_seed(11)
    fields = []
    for captions, _ in conditions:
        means = captions.mean(1)
        means = (means - means.mean(0)) / means.std(0)
        maps = torch.randn(CONDITION, 4 * 3 * 3, generator=generator) / CONDITION**0.5
        fields.append((means @ maps).reshape(-1, 4, 3, 3))
    optimizer = torch.optim.Adam(unet.parameters(), lr=2e-3)
    losses = []
    unet.train()
    for step in range(steps):
        k = step % len(conditions)
        (captions, null), size = conditions[k], [(8, 8), (6, 9)][step // len(conditions) % 2]
        chosen = torch.randint(len(captions), (batch,), generator=generator)
        clean = torch.nn.functional.interpolate(fields[k][chosen], size, mode="bicubic", align_corners=True)
        tokens = captions[chosen].clone()
        tokens[: batch // 8] = null
        noise = torch.randn(clean.shape, generator=generator)
        times = torch.randint(scheduler.config.num_train_timesteps, (batch,), generator=generator)
        noisy = scheduler.add_noise(clean, noise, times)
        v = scheduler.config.prediction_type == "v_prediction"
        target = scheduler.get_velocity(clean, noise, times) if v else noise
        loss = torch.nn.functional.mse_loss(unet(noisy, times, tokens).sample, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        losses.append(loss.item())
    print(f"UNet: loss {losses[0]:.2f} → {sum(losses[-50:]) / 50:.2f}", flush=True)
    return rounded(unet)


def save_projector(folder, module, config, extra):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = dict(module.state_dict()) | extra
    save_file({key: value.half().contiguous() for key, value in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
