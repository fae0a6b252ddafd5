// Names that the same tensor has in different files, for `Weights.renamed`. Each leaves other names as they are.

/// GGUF's name for a tensor of a Llama-family model → transformers'. Names only: for the `llama` architecture llama.cpp
/// also reorders the rows of the query and key projections.
public func ggufLlamaName(_ name: String) -> String {
  let top = ["token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"]
  let layer = [
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
  let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  if parts.count == 2, let module = top[parts[0]] { return "\(module).\(parts[1])" }
  if parts.count == 4, parts[0] == "blk", let module = layer[parts[2]] {
    return "model.layers.\(parts[1]).\(module).\(parts[3])"
  }
  return name
}

/// The attention names of older diffusers VAEs (`query`, `key`, `value`, `proj_attn`) → the current ones.
public func currentAttentionName(_ name: String) -> String {
  let current = ["query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"]
  var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  guard parts.count >= 4, parts[parts.count - 4] == "attentions", let module = current[parts[parts.count - 2]]
  else { return name }
  parts[parts.count - 2] = module
  return parts.joined(separator: ".")
}

/// The name without a leading `prefix`, as in `text_model.` of published CLIP text encoders.
public func removing(prefix: String, from name: String) -> String {
  name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
}
