"""The names that the parts of diffusers' models have in single-file checkpoints of latent diffusion and OpenCLIP."""

import torch

RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
ENDS = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "time_embedding.cond_proj": "time_embed.cond_proj", "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2", "conv_norm_out": "out.0", "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2"}


def unet(state, prefix="model.diffusion_model."):
    def count(module):
        return len({name[len(module) + 1 :].split(".")[0] for name in state if name.startswith(module + ".")})

    table = dict(ENDS)
    i = 1
    for level in range(count("down_blocks")):
        for layer in range(count(f"down_blocks.{level}.resnets")):
            table[f"down_blocks.{level}.resnets.{layer}"] = f"input_blocks.{i}.0"
            table[f"down_blocks.{level}.attentions.{layer}"] = f"input_blocks.{i}.1"
            i += 1
        if count(f"down_blocks.{level}.downsamplers"):
            table[f"down_blocks.{level}.downsamplers.0.conv"] = f"input_blocks.{i}.0.op"
            i += 1
    i = 0
    for level in range(count("up_blocks")):
        attends = count(f"up_blocks.{level}.attentions") > 0
        for layer in range(count(f"up_blocks.{level}.resnets")):
            table[f"up_blocks.{level}.resnets.{layer}"] = f"output_blocks.{i}.0"
            table[f"up_blocks.{level}.attentions.{layer}"] = f"output_blocks.{i}.1"
            i += 1
        table[f"up_blocks.{level}.upsamplers.0"] = f"output_blocks.{i - 1}.{2 if attends else 1}"
    result = {}
    for name, tensor in state.items():
        module = next(m for m in sorted(table, key=len, reverse=True) if name.startswith(m + "."))
        rest = name[len(module) + 1 :]
        if ".resnets." in module:
            part, kind = rest.rsplit(".", 1)
            rest = f"{RESNET[part]}.{kind}"
        result[f"{prefix}{table[module]}.{rest}"] = tensor
    return result


def autoencoder(state, levels, prefix="first_stage_model."):
    result = {}
    for name, tensor in state.items():
        for level in range(levels):
            name = name.replace(f"down_blocks.{level}.", f"down.{level}.")
            name = name.replace(f"up_blocks.{level}.", f"up.{levels - 1 - level}.")
        if "mid_block" in name:
            for i in range(2):
                name = name.replace(f"mid_block.resnets.{i}", f"mid.block_{i + 1}")
            name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("group_norm", "norm")
            for new, old in {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}.items():
                if f"attn_1.{new}." in name and name.endswith("weight"):
                    tensor = tensor[:, :, None, None]
                name = name.replace(f"attn_1.{new}.", f"attn_1.{old}.")
        name = name.replace("resnets", "block").replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        name = name.replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
        result[prefix + name] = tensor
    return result


def clip(state, prefix="cond_stage_model.transformer."):
    """Transformers 5 dropped `text_model.`, which checkpoints have."""
    return {f"{prefix}text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in state.items()}


def open_clip(state, prefix="cond_stage_model.model."):
    """The projections of queries, keys and values lie one below the other."""
    result = {}
    state = {name.removeprefix("text_model."): tensor for name, tensor in state.items()}
    for name, tensor in state.items():
        if "k_proj" in name or "v_proj" in name:
            continue
        if "q_proj" in name:
            parts = [state[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            name, tensor = name.replace("q_proj.", "in_proj_"), torch.cat(parts)
        elif name == "text_projection.weight":
            name, tensor = "text_projection", tensor.T
        elif name == "embeddings.position_embedding.weight":
            name = "positional_embedding"
        for new, old in {
            "embeddings.token_embedding": "token_embedding", "final_layer_norm": "ln_final",
            "encoder.layers": "transformer.resblocks", "layer_norm": "ln_", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
            "self_attn": "attn"}.items():
            name = name.replace(new, old)
        result[prefix + name] = tensor
    return result
