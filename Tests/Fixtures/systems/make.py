"""Makes small replicas of MiniGPT-5, GILL and NExT-GPT in the layout of their published checkpoints, and what they answer.

    pip install torch transformers diffusers tokenizers sentencepiece peft safetensors pillow && python make.py

Run after pipeline/make.py, whose sd1/ is the diffusion model of all. Writes, beside this script:

- llama/ (a Vicuna: `pytorch_model.bin` in shards, `tokenizer.model`) and opt/ (`vocab.json` with `merges.txt`);
- minigpt5/stage1.ckpt and stage2.ckpt, as Lightning writes them (its second stage by peft: `q_proj` and `v_proj`, r 8, alpha
  16, and copies of the embedding and the head); gill/pretrained_ckpt.pth.tar with model_args.json, after `prune_model_ckpt`;
  nextgpt-first/pytorch_model.pt, the delta that its agent saves; nextgpt-new/, a LoRA adapter with `non_lora_trainables.bin`
  and `mm_output_projector.bin`, and the tokenizer that was trained with it;
- expected.safetensors: for each system and prompt the states, the conditioning and the condition of no prompt;
- a picture for each system.

The projectors are PyTorch's, the LoRA peft's, the language models transformers', the pictures diffusers'; the order of things
follows the systems' own inference code.
"""

import json
import shutil
from importlib.machinery import SourceFileLoader
from pathlib import Path

import sentencepiece
import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, PNDMScheduler, UNet2DConditionModel
from peft import LoraConfig, get_peft_model
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

HERE = Path(__file__).parent
SD = HERE.parent / "pipeline" / "sd1"
parts = SourceFileLoader("models", str(HERE.parent / "pipeline" / "models.py")).load_module()
WIDTH, CONDITION = 40, 32
PROMPTS = ["a girl reading a book", "Two blue cats, “in the snow”!", ""]
torch.set_num_threads(1)


def write(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def names(count, form):
    return [form.format(i) for i in range(count)]


def transformer(heads):
    return nn.Transformer(
        batch_first=True, norm_first=True, d_model=CONDITION, num_encoder_layers=2, num_decoder_layers=2,
        dim_feedforward=CONDITION * 4, dropout=0.0, nhead=heads)


class MiniGPT5(nn.Module):
    """The trained parts of `MiniGPT5_Model` and its path from states to conditioning."""

    def __init__(self):
        super().__init__()
        self.t2i_decoder_prompt = nn.Parameter(torch.randn(1, 77, CONDITION))
        self.llm_to_t2i_mapping = transformer(8)
        self.fc = nn.Sequential(nn.Linear(WIDTH, CONDITION), nn.GELU(), nn.Linear(CONDITION, CONDITION))

    def forward(self, states):
        return self.llm_to_t2i_mapping(src=self.fc(states), tgt=self.t2i_decoder_prompt.repeat(len(states), 1, 1))


class TextFcLayer(nn.Module):
    """GILL's `gill_mapper`, the `transformer` of NExT-GPT's first release."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(WIDTH, CONDITION)
        self.tfm = transformer(4)
        self.model = nn.Linear(CONDITION, CONDITION)
        self.query_embs = nn.Parameter(torch.randn(1, 77, CONDITION))

    def forward(self, x, rows):
        return self.model(self.tfm(self.fc(x + rows), self.query_embs.repeat(len(x), 1, 1)))


class TransformersProjector(nn.Module):
    """The `transformer` of NExT-GPT's newer code."""

    def __init__(self):
        super().__init__()
        self.in_fc = nn.Linear(WIDTH, CONDITION)
        self.tfm = transformer(4)
        self.out_fc = nn.Linear(CONDITION, CONDITION)
        self.query_embs = nn.Parameter(torch.randn(1, 77, CONDITION))

    def forward(self, x, rows):
        return self.out_fc(self.tfm(self.in_fc(x + rows), self.query_embs.repeat(len(x), 1, 1)))


def halves(module):
    """The module with fp16 weights, computed in fp32, and its state as the file holds it."""
    parts.projectors.unsettle(module)
    module.half().float().eval()
    return module, {key: value.half() for key, value in module.state_dict().items()}


# Language models


def llama():
    folder = HERE / "llama"
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(parts.CAPTIONS * 3 + ["###Human: ###Assistant:", "### Human: ### Assistant:", "USER: ASSISTANT:"] * 9),
        model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=360, normalization_rule_name="identity",
        byte_fallback=True, remove_extra_whitespaces=False, minloglevel=2, num_threads=1)
    (folder / "tokenizer.vocab").unlink()
    write(folder / "tokenizer_config.json", {
        "tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>",
        "eos_token": "</s>", "unk_token": "<unk>"})
    config = LlamaConfig(
        vocab_size=360, hidden_size=WIDTH, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=256, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, rms_norm_eps=1e-6,
        architectures=["LlamaForCausalLM"])
    model = parts.randomize(LlamaForCausalLM(config), 3).half()
    config.save_pretrained(folder)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    shards = [
        {k: v for k, v in state.items() if ".layers.1." not in k}, {k: v for k, v in state.items() if ".layers.1." in k}]
    index = {}
    for i, shard in enumerate(shards):
        name = f"pytorch_model-{i + 1:05}-of-{len(shards):05}.bin"
        torch.save(shard, folder / name)
        index |= {key: name for key in shard}
    write(folder / "pytorch_model.bin.index.json", {"metadata": {}, "weight_map": index})
    return model.float().eval()


def opt():
    folder = HERE / "opt"
    folder.mkdir()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=340, special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(parts.CAPTIONS, trainer)
    tokenizer.model.save(str(folder))
    write(folder / "tokenizer_config.json", {
        "tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "add_prefix_space": False,
        "bos_token": {"content": "</s>"}, "eos_token": {"content": "</s>"}, "pad_token": {"content": "<pad>"}})
    config = OPTConfig(
        vocab_size=344, hidden_size=WIDTH, ffn_dim=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=128, word_embed_proj_dim=WIDTH, do_layer_norm_before=True, activation_function="relu",
        architectures=["OPTForCausalLM"])
    model = parts.randomize(OPTForCausalLM(config), 4).half()
    config.save_pretrained(folder)
    torch.save({key: value.clone() for key, value in model.state_dict().items()}, folder / "pytorch_model.bin")
    return model.float().eval(), tokenizer


def with_tokens(model, count, seed):
    """The model with `count` more rows in both tables, which training has moved."""
    model.resize_token_embeddings(model.config.vocab_size + count, mean_resizing=False)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for table in (model.get_input_embeddings(), model.get_output_embeddings()):
            table.weight[-count:] = 0.5 * torch.randn(count, WIDTH, generator=generator)
            table.weight.copy_(table.weight.half())
    return model


def adapted(model, targets, rank, alpha, seed, **settings):
    """The model under peft's LoRA, whose matrices training has moved."""
    adapter = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=alpha, target_modules=targets, **settings))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in adapter.named_parameters():
            if "lora_" in name:
                parameter.copy_((0.15 * torch.randn(parameter.shape, generator=generator)).half())
    return adapter.eval()


class Pieces:
    """SentencePiece with the tokens that were added to it."""

    def __init__(self, added, legacy=True):
        self.model = sentencepiece.SentencePieceProcessor(model_file=str(HERE / "llama" / "tokenizer.model"))
        self.added = {token: self.model.piece_size() + i for i, token in enumerate(added)}

    def __call__(self, text):
        return [self.model.bos_id()] + self.model.encode(text)


def run(model, ids):
    """Last hidden states (1, T, D), after the final norm."""
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states[-1]


def empty_text():
    tokenizer = CLIPTokenizer.from_pretrained(SD / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(SD / "text_encoder", dtype=torch.float32).eval()
    return parts.clip_states(tokenizer, encoder, [""])


# Systems: each returns a function from a prompt to states and conditioning, and the condition of no prompt


def minigpt5(stage):
    base = LlamaForCausalLM.from_pretrained(HERE / "llama", dtype=torch.float32)
    pieces = Pieces(names(8, "[IMG{}]") + ["<ImageHere>"])
    signals = [pieces.added[token] for token in names(8, "[IMG{}]")]
    llm = with_tokens(base, 9, 11)
    torch.manual_seed(12)
    module, state = halves(MiniGPT5())
    if stage == 1:
        trained = {
            "model.llama_model." + key: value.half() for key, value in llm.state_dict().items()
            if "embed_tokens" in key or "lm_head" in key} | state
    else:
        llm = adapted(llm, ["q_proj", "v_proj"], 8, 16, 13, lora_dropout=0.05, bias="none", modules_to_save=["lm_head", "embed_tokens"])
        generator = torch.Generator().manual_seed(14)
        with torch.no_grad():
            for name, parameter in llm.named_parameters():
                if "modules_to_save" in name:
                    parameter[-9:] += 0.3 * torch.randn(9, WIDTH, generator=generator)
                    parameter.copy_(parameter.half())
            for parameter in module.llm_to_t2i_mapping.parameters():
                parameter.copy_((parameter * 1.1).half())
        trained = {
            "model.llama_model." + key: value.half() for key, value in llm.named_parameters()
            if "modules_to_save" in key or "lora_" in key}
        trained |= {key: value.half() for key, value in module.state_dict().items() if key.startswith("llm_to_t2i")}
    (HERE / "minigpt5").mkdir(exist_ok=True)
    torch.save({
        "epoch": 1, "global_step": 500, "pytorch-lightning_version": "2.0.4", "state_dict": {k: v.detach().clone() for k, v in trained.items()},
        "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {}, "optimizer_states": [], "lr_schedulers": [],
        "hyper_parameters": {"learning_rate": 2e-5, "gpus": [0], "is_training": True}, "hparams_name": "kwargs"},
        HERE / "minigpt5" / f"stage{stage}.ckpt")

    def answer(prompt):
        text = prompt if stage == 1 else f"###Human: {prompt} ###Assistant:"
        ids = pieces(text)
        states = run(llm, ids + signals)
        # the state before [IMG0], then those at [IMG0] … [IMG6]
        states = torch.cat([states[:, len(ids) - 1 : len(ids)], states[:, len(ids) : len(ids) + 7]], dim=1)
        return states, module(states)

    return answer, module(torch.zeros(1, 8, WIDTH))


def gill(model, tokenizer):
    torch.manual_seed(21)
    module, state = halves(TextFcLayer())
    signals = (0.5 * torch.randn(8, WIDTH)).half()
    retrieval, visual = nn.Linear(WIDTH, 16), nn.Linear(24, 4 * WIDTH)
    trained = {"model.input_embeddings.weight": signals, "model.logit_scale": torch.tensor(2.0)}
    trained |= {f"model.gen_text_hidden_fcs.0.{key}": value for key, value in state.items()}
    trained |= {f"model.ret_text_hidden_fcs.0.model.{key}": value.detach().half() for key, value in retrieval.state_dict().items()}
    trained |= {f"model.visual_embeddings.{key}": value.detach().half() for key, value in visual.state_dict().items()}
    trained |= {f"model.visual_fc.{key}": value.detach().half() for key, value in nn.Linear(24, 16).state_dict().items()}
    folder = HERE / "gill"
    folder.mkdir()
    torch.save({"state_dict": trained}, folder / "pretrained_ckpt.pth.tar")
    write(folder / "model_args.json", {
        "opt_version": "facebook/opt-6.7b", "freeze_lm": True, "visual_encoder": "openai/clip-vit-large-patch14",
        "freeze_vm": True, "n_visual_tokens": 4, "ret_emb_dim": 16, "gen_emb_dim": CONDITION, "text_emb_layers": [-1],
        "text_fc_mode": "gill_mapper", "ret_text_fc_mode": "linear", "num_tokens": 8, "num_clip_tokens": 77,
        "share_ret_gen": True, "retrieval_token_idx": list(range(341, 349)), "gen_token_idx": list(range(341, 349))})
    rows = signals.float()

    def answer(prompt):
        ids = [2] + tokenizer.encode(prompt).ids
        embeddings = torch.cat([model.get_input_embeddings()(torch.tensor(ids)), rows])[None]
        with torch.no_grad():
            states = model(inputs_embeds=embeddings, output_hidden_states=True).hidden_states[-1][:, len(ids):]
            return states, module(states, rows[None])

    return answer, empty_text()


def first_nextgpt():
    pieces = Pieces(["<Img>", "</Img>"] + names(4, "[IMG{}]") + names(24, "[VID{}]") + names(8, "[AUD{}]"))
    signals = [pieces.added[token] for token in names(4, "[IMG{}]")]
    base = LlamaForCausalLM.from_pretrained(HERE / "llama", dtype=torch.float32)
    llm = adapted(base, ["q_proj", "k_proj", "v_proj", "o_proj"], 4, 4, 31, lora_dropout=0.1)
    with_tokens(llm.base_model.model, 38, 32)  # after peft, as the model's own code does it
    torch.manual_seed(33)
    module, state = halves(TextFcLayer())
    trained = {
        "llama_model." + key: value.half() for key, value in llm.named_parameters()
        if "lora_" in key or "embed_tokens" in key or "lm_head" in key}
    trained |= {f"gen_text_hidden_fcs.0.{key}": value for key, value in state.items()}
    for other in ("video", "audio"):
        trained |= {f"gen_text_hidden_fcs_{other}.0.fc.{key}": value.detach().half() for key, value in nn.Linear(WIDTH, 8).state_dict().items()}
    trained |= {f"llama_proj.{key}": value.detach().half() for key, value in nn.Linear(24, WIDTH).state_dict().items()}
    (HERE / "nextgpt-first").mkdir()
    torch.save({k: v.detach().clone() for k, v in trained.items()}, HERE / "nextgpt-first" / "pytorch_model.pt")

    def answer(prompt):
        ids = pieces(f"### Human: {prompt}\n### Assistant:")
        states = run(llm, ids + signals)[:, len(ids):]
        rows = llm.get_input_embeddings()(torch.tensor([signals]))
        with torch.no_grad():
            return states, module(states, rows)

    return answer, empty_text()


SYSTEM = (
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
    "polite answers to the human's questions.")


def new_nextgpt():
    added = names(4, "<image_{:02}>") + names(24, "<video_{:02}>") + names(8, "<audio_{:02}>")
    pieces = Pieces(added)
    signals = [pieces.added[token] for token in names(4, "<image_{:02}>")]
    # a space after an added token has no space in front of it
    space = pieces.model.piece_to_id("▁")
    spaced = [signals[0]] + [i for signal in signals[1:] for i in (space, signal)]
    base = with_tokens(LlamaForCausalLM.from_pretrained(HERE / "llama", dtype=torch.float32), 36, 41)
    tables = {
        "model.embed_tokens.weight": base.get_input_embeddings().weight.detach().half().clone(),
        "lm_head.weight": base.get_output_embeddings().weight.detach().half().clone()}
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    llm = adapted(base, targets, 4, 8, 42, lora_dropout=0.05, bias="none")
    torch.manual_seed(43)
    module, state = halves(TransformersProjector())
    folder = HERE / "nextgpt-new"
    folder.mkdir()
    lora = {key: value.half().clone() for key, value in llm.named_parameters() if "lora_" in key}
    save_file({key.replace(".default", ""): value.detach() for key, value in lora.items()}, folder / "adapter_model.safetensors")
    config = llm.peft_config["default"].to_dict()
    write(folder / "adapter_config.json", {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "vicuna", "bias": "none", "fan_in_fan_out": False,
        "inference_mode": True, "lora_alpha": config["lora_alpha"], "lora_dropout": 0.05, "modules_to_save": None, "r": config["r"],
        "target_modules": targets})
    others = {f"base_model.model.model.mm_output_img_projector.{key}": value for key, value in state.items()}
    others |= {f"base_model.model.model.mm_input_projector.in_fc.{key}": value.detach().half() for key, value in nn.Linear(24, 8).state_dict().items()}
    others |= {f"base_model.model.model.mm_output_vid_projector.in_fc.{key}": value.detach().half() for key, value in nn.Linear(WIDTH, 8).state_dict().items()}
    torch.save(others, folder / "non_lora_trainables.bin")
    torch.save(tables, folder / "mm_output_projector.bin")
    shutil.copy(HERE / "llama" / "tokenizer.model", folder)
    decoder = {
        str(i): {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        for token, i in pieces.added.items()}
    write(folder / "tokenizer_config.json", {
        "tokenizer_class": "LlamaTokenizer", "legacy": False, "add_bos_token": True, "add_eos_token": False,
        "added_tokens_decoder": decoder, "bos_token": {"content": "<s>"}, "eos_token": {"content": "</s>"}})
    write(folder / "config.json", {"model_type": "nextgpt_llama", "n_img_tokens": 4, "n_vid_tokens": 24, "n_aud_tokens": 8, "layer_idx": -1})

    llm = llm.merge_and_unload()  # as the model's own builder does it

    def answer(prompt):
        ids = pieces(f"{SYSTEM} USER: {prompt} ASSISTANT:")
        states = run(llm, ids + spaced)[:, len(ids):]
        rows = llm.get_input_embeddings()(torch.tensor([spaced]))
        with torch.no_grad():
            return states, module(states, rows)

    return answer, empty_text()


def draw(conditioning, null, scheduler, seed):
    """Six steps with guidance 7.5, as StableDiffusionPipeline does them."""
    unet = UNet2DConditionModel.from_pretrained(SD / "unet").float().eval()
    vae = AutoencoderKL.from_pretrained(SD / "vae").float().eval()
    scheduler.set_timesteps(6)
    latents = torch.randn([1, 4, 8, 8], generator=torch.Generator().manual_seed(seed)) * scheduler.init_noise_sigma
    tokens = torch.cat([null, conditioning])
    with torch.no_grad():
        for time in scheduler.timesteps:
            scaled = scheduler.scale_model_input(torch.cat([latents] * 2), time)
            absent, present = unet(scaled, time, tokens).sample.chunk(2)
            latents = scheduler.step(absent + 7.5 * (present - absent), time, latents).prev_sample
        decoded = vae.decode(latents / vae.config.scaling_factor).sample
    pixels = ((decoded[0] / 2 + 0.5).clamp(0, 1) * 255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def main():
    for path in HERE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    llama()
    model, tokenizer = opt()
    systems = {
        "minigpt5-1": minigpt5(1), "minigpt5-2": minigpt5(2), "gill": gill(model, tokenizer), "nextgpt-first": first_nextgpt(),
        "nextgpt-new": new_nextgpt()}
    expected = {}
    for name, (answer, null) in systems.items():
        expected[f"{name}.null"] = null.detach()
        for i, prompt in enumerate(PROMPTS):
            states, conditioning = answer(prompt)
            expected[f"{name}.{i}.states"], expected[f"{name}.{i}.conditioning"] = states[0].detach(), conditioning.detach()
        kind = EulerDiscreteScheduler if name == "nextgpt-new" else PNDMScheduler
        scheduler = kind.from_pretrained(SD / "scheduler")
        draw(expected[f"{name}.0.conditioning"], null.detach(), scheduler, 7).save(HERE / f"{name}.png", optimize=True)
    save_file({key: value.contiguous().clone() for key, value in expected.items()}, HERE / "expected.safetensors")
    write(HERE / "prompts.json", PROMPTS)


if __name__ == "__main__":
    main()
