import Checkpoints
import Layers
import Tensors

/// x + attention(norm(x)), then x + fc2(relu(fc1(norm(x)))). Keys: `self_attn_layer_norm`, `self_attn`,
/// `final_layer_norm`, `fc1`, `fc2`.
struct OPTBlock: Sendable {
  private let attentionNorm: LayerNorm
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let mlpNorm: LayerNorm
  private let up: Linear
  private let down: Linear
  private let headCount: Int

  init(_ weights: Weights, _ c: OPTConfiguration) throws(WeightsError) {
    func linear(_ weights: Weights, _ inputs: Int, _ outputs: Int) throws(WeightsError) -> Linear {
      try Linear(weights, inputs, outputs, keepingType: true)
    }
    let attention = weights["self_attn"]
    attentionNorm = try LayerNorm(weights["self_attn_layer_norm"], channels: c.hiddenSize)
    query = try linear(attention["q_proj"], c.hiddenSize, c.hiddenSize)
    key = try linear(attention["k_proj"], c.hiddenSize, c.hiddenSize)
    value = try linear(attention["v_proj"], c.hiddenSize, c.hiddenSize)
    output = try linear(attention["out_proj"], c.hiddenSize, c.hiddenSize)
    mlpNorm = try LayerNorm(weights["final_layer_norm"], channels: c.hiddenSize)
    up = try linear(weights["fc1"], c.hiddenSize, c.intermediateSize)
    down = try linear(weights["fc2"], c.intermediateSize, c.hiddenSize)
    headCount = c.headCount
  }

  /// (T, hidden) → (T, hidden), after the tokens in the cache.
  func callAsFunction(_ x: Tensor, _ cache: inout KVCache, layer: Int) -> Tensor {
    let normed = attentionNorm(x)
    let q = query(normed)
    // (1, count + T, hidden)
    let (k, v) = cache.append(layer: layer, keys: key(normed), values: value(normed))
    let attended = attention(q.reshaped([1] + q.shape), k, v, heads: headCount, causal: true)
    let x = x + output(attended.reshaped(x.shape))
    return x + down(Activation.relu(up(mlpNorm(x))))
  }
}
