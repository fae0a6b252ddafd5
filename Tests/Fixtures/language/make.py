"""Makes the fixtures of LanguageModelsTests with transformers: python3 make.py [SmolLM2-135M-Instruct.Q4_1.gguf]

Needs torch, transformers, tokenizers, safetensors, numpy and gguf. Tiny models with random weights of realistic scale,
what they answer, and, if the file is given, what SmolLM2 answers (its weights decoded to fp32).
"""
import json
import os
import shutil
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from transformers import MistralConfig, MistralForCausalLM, OPTConfig, OPTForCausalLM, Qwen2Config, Qwen2ForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIALS = ["<|begin|>", "<|end|>", "<|user|>", "[IMG0]", "[IMG1]", "[IMG2]", "[IMG3]"]
TEXT = "a girl reading a book under the old oak tree; the rain falls on the roof and the fox learns to paint. " * 3
expected = {}


def make_tokenizer(begin):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIALS])
    if begin:
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", 0)])])
    return tokenizer


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            p.copy_(1 + 0.2 * noise if "norm" in name else noise * (0.3 if p.dim() == 1 else 0.25))
    return model.eval()


def answer(name, model, ids):
    """Logits and final states of all positions."""
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_hidden_states=True)
    expected[f"{name}.logits"] = out.logits[0].contiguous()
    expected[f"{name}.hidden"] = out.hidden_states[-1][0].contiguous()


def save(name, model, begin=True, old_style=False):
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "generation_config.json"))
    tokenizer = make_tokenizer(begin)
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    if old_style:  # as transformers 4 wrote it
        path = os.path.join(folder, "config.json")
        config = json.load(open(path))
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        rope["type"] = rope.pop("rope_type")
        config["rope_scaling"] = rope if rope["type"] != "default" else None
        json.dump(config, open(path, "w"), indent=2)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    answer(name, model, IDS)
    return model, tokenizer


def signal_states(name, model, tokenizer, prompt, rows, offset):
    """What MiniGPT-5 and GILL read: the text, then the signals forced, in one pass."""
    text = f"<|user|>{prompt} draw:"
    ids = tokenizer.encode(text).ids
    with torch.no_grad():
        embeddings = torch.cat([model.get_input_embeddings()(torch.tensor(ids)), rows])
        out = model(inputs_embeds=embeddings[None], output_hidden_states=True)
    first = len(ids) + offset
    expected[name] = out.hidden_states[-1][0, first:first + len(rows)].contiguous()


def permute(weight, heads):
    """How llama.cpp's converter orders the rows of q and k for its rotation of neighbouring pairs."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "model.layers.": "blk."}


def write_gguf(name, model, tokenizer, arch, quantized, begin):
    """The model as llama.cpp's converter writes it; returns the weights as a reader decodes them."""
    c = model.config
    w = gguf.GGUFWriter(os.path.join(HERE, f"{name}.gguf"), arch)
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    head_dim = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    if arch == "llama":
        w.add_rope_dimension_count(head_dim)
        w.add_key_length(head_dim)
        w.add_value_length(head_dim)
    w.add_vocab_size(c.vocab_size)
    vocabulary = {i: t for t, i in tokenizer.get_vocab().items()}
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list([vocabulary.get(i, f"[PAD{i}]") for i in range(c.vocab_size)])
    w.add_token_types([
        gguf.TokenType.CONTROL if vocabulary.get(i) in SPECIALS
        else gguf.TokenType.NORMAL if i in vocabulary else gguf.TokenType.UNUSED for i in range(c.vocab_size)])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    w.add_token_merges([" ".join(m) for m in merges])
    w.add_bos_token_id(0)
    w.add_eos_token_id(1)
    w.add_add_bos_token(begin)
    if (c.rope_parameters.get("rope_type") or "default") == "llama3":
        r = c.rope_parameters
        base = r["rope_theta"] ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)
        low = r["original_max_position_embeddings"] / r["low_freq_factor"]
        high = r["original_max_position_embeddings"] / r["high_freq_factor"]
        factors = []
        for wavelength in (2 * np.pi * base).tolist():
            smooth = (r["original_max_position_embeddings"] / wavelength - r["low_freq_factor"]) / (
                r["high_freq_factor"] - r["low_freq_factor"])
            factors.append(
                1 if wavelength < high else r["factor"] if wavelength > low
                else 1 / ((1 - smooth) / r["factor"] + smooth))
        w.add_tensor("rope_freqs.weight", np.array(factors, dtype=np.float32))
    decoded = {}
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and c.tie_word_embeddings:
            continue
        x = tensor.numpy()
        if arch == "llama" and "q_proj" in key:
            x = permute(x, c.num_attention_heads)
        if arch == "llama" and "k_proj" in key:
            x = permute(x, c.num_key_value_heads)
        new = key
        for old, short in NAMES.items():
            new = new.replace(old, short)
        kind = gguf.GGMLQuantizationType.Q8_0 if quantized and x.ndim == 2 else gguf.GGMLQuantizationType.F32
        stored = gguf.quants.quantize(x, kind)
        w.add_tensor(new, stored, raw_dtype=kind)
        decoded[key] = torch.from_numpy(gguf.quants.quantize(tensor.numpy(), kind)) if kind == 0 else torch.from_numpy(
            gguf.quants.dequantize(gguf.quants.quantize(tensor.numpy(), kind), kind))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return decoded


def tiny():
    common = dict(
        vocab_size=320, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, bos_token_id=0, eos_token_id=1)
    tied = randomize(LlamaForCausalLM(LlamaConfig(
        **common, num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0})), 1)
    model, tokenizer = save("llama-tied", tied)
    rows = torch.randn(4, 32, generator=torch.Generator().manual_seed(9))
    save_file({"signal_embeddings.weight": rows}, os.path.join(HERE, "signals.safetensors"))
    for offset in (0, -1):
        signal_states(f"signals.rows.{offset}", model, tokenizer, "the old fox", rows, offset)
        own = model.get_input_embeddings().weight[3:7].detach()
        signal_states(f"signals.ids.{offset}", model, tokenizer, "the old fox", own, offset)
        signal_states(f"signals.special.{offset}", model, tokenizer, "a <|end|> b", rows, offset)
    with torch.no_grad():
        out = model.generate(
            torch.tensor([IDS[:6]]), attention_mask=torch.ones(1, 6), max_new_tokens=24, do_sample=False,
            eos_token_id=None, pad_token_id=1)
    expected["llama-tied.greedy"] = out[0, 6:].to(torch.int64)
    write_gguf("llama-tied", model, tokenizer, "llama", False, True)

    untied = randomize(LlamaForCausalLM(LlamaConfig(
        **common, num_key_value_heads=1, head_dim=16, attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
        rope_parameters={
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 32})), 2)
    save("llama-untied", untied, old_style=True)

    linear = randomize(LlamaForCausalLM(LlamaConfig(
        **common, num_key_value_heads=4, tie_word_embeddings=False,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0})), 3)
    save("llama-linear", linear, old_style=True)

    llama3 = randomize(LlamaForCausalLM(LlamaConfig(
        **common, num_key_value_heads=2, tie_word_embeddings=False,
        rope_parameters={
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 32})), 4)
    # Only as a quantized GGUF file: the reference gets the weights as they come out of it.
    llama3.load_state_dict(write_gguf("llama3-q8", llama3, make_tokenizer(True), "llama", True, True))
    answer("llama3-q8", llama3, IDS)

    mistral = randomize(MistralForCausalLM(MistralConfig(
        **common, num_key_value_heads=2, sliding_window=48, head_dim=8, tie_word_embeddings=False)), 5)
    save("mistral", mistral, begin=False)

    qwen = randomize(Qwen2ForCausalLM(Qwen2Config(
        **common, num_key_value_heads=2, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})), 6)
    model, tokenizer = save("qwen2", qwen, begin=False)
    write_gguf("qwen2", model, tokenizer, "qwen2", False, False)

    opt = randomize(OPTForCausalLM(OPTConfig(
        vocab_size=320, hidden_size=32, ffn_dim=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, word_embed_proj_dim=32, bos_token_id=0, eos_token_id=1, pad_token_id=1)), 7)
    save("opt", opt)


def smollm2(path):
    from transformers import AutoTokenizer
    folder, file = os.path.split(os.path.abspath(path))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    results, tensors = [], {}
    prompts = [
        "a girl reading", "The capital of France is",
        "<|im_start|>user\nWrite one sentence about a fox who paints.<|im_end|>\n<|im_start|>assistant\n",
        "def fibonacci(n):\n    "]
    for i, prompt in enumerate(prompts):
        ids = tokenizer(prompt)["input_ids"]
        with torch.no_grad():
            out = model(torch.tensor([ids]), output_hidden_states=True)
            tokens = model.generate(
                torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), max_new_tokens=32, do_sample=False,
                eos_token_id=None, pad_token_id=2)
        tensors[f"{i}.hidden"] = out.hidden_states[-1][0].contiguous()
        tensors[f"{i}.logits"] = out.logits[0, -1].contiguous() if i == 0 else out.logits[0, -1, ::13].contiguous()
        top = torch.topk(out.logits[0, -1], 2).values
        results.append({"prompt": prompt, "ids": ids, "greedy": tokens[0, len(ids):].tolist()})
        print(prompt, "margin", (top[0] - top[1]).item(), tokenizer.decode(tokens[0, len(ids):]))
    json.dump(results, open(os.path.join(HERE, "smollm2.json"), "w"), indent=1)
    save_file(tensors, os.path.join(HERE, "smollm2.safetensors"))


IDS = [0, 2] + torch.randint(7, 320, (24,), generator=torch.Generator().manual_seed(5)).tolist()
if __name__ == "__main__":
    torch.set_num_threads(1)
    tiny()
    json.dump(IDS, open(os.path.join(HERE, "ids.json"), "w"))
    save_file(expected, os.path.join(HERE, "expected.safetensors"))
    if len(sys.argv) > 1:
        smollm2(sys.argv[1])
