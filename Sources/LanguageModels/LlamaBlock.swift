import Checkpoints
import Layers
import Tensors

/// x + attention(norm(x)), then x + mlp(norm(x)). Keys: `input_layernorm`, `self_attn`, `post_attention_layernorm`,
/// `mlp`.
package struct LlamaBlock: Sendable {
  package let attentionNorm: RMSNorm
  package let attention: LlamaAttention
  package let mlpNorm: RMSNorm
  package let mlp: LlamaMLP

  init(_ weights: Weights, _ c: LlamaConfiguration) throws(WeightsError) {
    attentionNorm = try RMSNorm(weights["input_layernorm"], channels: c.hiddenSize, epsilon: c.epsilon)
    attention = try LlamaAttention(weights["self_attn"], c)
    mlpNorm = try RMSNorm(weights["post_attention_layernorm"], channels: c.hiddenSize, epsilon: c.epsilon)
    mlp = try LlamaMLP(weights["mlp"], c)
  }

  func callAsFunction(_ x: Tensor, _ angles: RotaryEmbedding.Angles, _ cache: inout KVCache, layer: Int)
    -> Tensor
  {
    let attended = x + attention(attentionNorm(x), angles, &cache, layer: layer)
    return attended + mlp(mlpNorm(attended))
  }
}

/// down(silu(gate(x)) · up(x)). Keys: `gate_proj`, `up_proj`, `down_proj`.
package struct LlamaMLP: Sendable {
  package let gate: Linear
  package let up: Linear
  package let down: Linear

  init(_ weights: Weights, _ c: LlamaConfiguration) throws(WeightsError) {
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws(WeightsError) -> Linear {
      try Linear(weights[name], inputs, outputs, bias: c.hasMLPBias, keepingType: true)
    }
    gate = try linear("gate_proj", c.hiddenSize, c.intermediateSize)
    up = try linear("up_proj", c.hiddenSize, c.intermediateSize)
    down = try linear("down_proj", c.intermediateSize, c.hiddenSize)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { down(swiglu(gate: gate(x), up: up(x))) }
}
