import Testing

@testable import Checkpoints

struct KeyTranslationTests {
  @Test(arguments: [
    ("token_embd.weight", "model.embed_tokens.weight"), ("output_norm.weight", "model.norm.weight"),
    ("output.weight", "lm_head.weight"), ("blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"),
    ("blk.12.attn_q.weight", "model.layers.12.self_attn.q_proj.weight"),
    ("blk.1.attn_k.bias", "model.layers.1.self_attn.k_proj.bias"),
    ("blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight"),
    ("blk.1.attn_output.weight", "model.layers.1.self_attn.o_proj.weight"),
    ("blk.1.attn_q_norm.weight", "model.layers.1.self_attn.q_norm.weight"),
    ("blk.1.ffn_norm.weight", "model.layers.1.post_attention_layernorm.weight"),
    ("blk.1.ffn_gate.weight", "model.layers.1.mlp.gate_proj.weight"),
    ("blk.1.ffn_up.weight", "model.layers.1.mlp.up_proj.weight"),
    ("blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight"),
    ("rope_freqs.weight", "rope_freqs.weight"), ("blk.1.ffn_gate_exps.weight", "blk.1.ffn_gate_exps.weight"),
    ("", ""),
  ])
  func llama(name: String, expected: String) { #expect(ggufLlamaName(name) == expected) }

  @Test(arguments: [
    ("encoder.mid_block.attentions.0.query.weight", "encoder.mid_block.attentions.0.to_q.weight"),
    ("decoder.mid_block.attentions.0.key.bias", "decoder.mid_block.attentions.0.to_k.bias"),
    ("decoder.mid_block.attentions.0.value.bias", "decoder.mid_block.attentions.0.to_v.bias"),
    ("decoder.mid_block.attentions.0.proj_attn.weight", "decoder.mid_block.attentions.0.to_out.0.weight"),
    ("decoder.mid_block.attentions.0.to_q.weight", "decoder.mid_block.attentions.0.to_q.weight"),
    ("decoder.mid_block.attentions.0.group_norm.weight", "decoder.mid_block.attentions.0.group_norm.weight"),
    ("key.weight", "key.weight"), ("layers.0.key.weight", "layers.0.key.weight"),
  ])
  func attention(name: String, expected: String) { #expect(currentAttentionName(name) == expected) }

  @Test func prefix() {
    #expect(
      removing(prefix: "text_model.", from: "text_model.final_layer_norm.bias") == "final_layer_norm.bias")
    #expect(removing(prefix: "text_model.", from: "text_projection.weight") == "text_projection.weight")
  }
}
