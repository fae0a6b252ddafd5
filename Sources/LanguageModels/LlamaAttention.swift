import Checkpoints
import Layers
import Tensors

/// Grouped-query self-attention with rotary positions. Keys: `q_proj`, `k_proj`, `v_proj`, `o_proj`.
package struct LlamaAttention: Sendable {
  package let query: Linear
  package let key: Linear
  package let value: Linear
  package let output: Linear
  package let headCount: Int
  package let kvHeadCount: Int

  init(_ weights: Weights, _ c: LlamaConfiguration) throws(WeightsError) {
    headCount = c.headCount
    kvHeadCount = c.kvHeadCount
    let (width, kvWidth) = (c.headCount * c.headSize, c.kvHeadCount * c.headSize)
    func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool) throws(WeightsError) -> Linear {
      try Linear(weights[name], inputs, outputs, bias: bias, keepingType: true)
    }
    query = try linear("q_proj", c.hiddenSize, width, bias: c.hasQueryKeyValueBias)
    key = try linear("k_proj", c.hiddenSize, kvWidth, bias: c.hasQueryKeyValueBias)
    value = try linear("v_proj", c.hiddenSize, kvWidth, bias: c.hasQueryKeyValueBias)
    output = try linear("o_proj", width, c.hiddenSize, bias: c.hasOutputBias)
  }

  /// (T, hidden) → (T, hidden), after the tokens in the cache.
  func callAsFunction(_ x: Tensor, _ angles: RotaryEmbedding.Angles, _ cache: inout KVCache, layer: Int)
    -> Tensor
  {
    let q = angles(query(x), heads: headCount)
    let new = angles(key(x), heads: kvHeadCount)
    let (k, v) = cache.append(layer: layer, keys: new, values: value(x))  // (1, count + T, kvHeads·D)
    let attended = attention(
      q.reshaped([1] + q.shape), k, v, heads: headCount, kvHeads: kvHeadCount, causal: true)
    return output(attended.reshaped(q.shape))
  }
}
