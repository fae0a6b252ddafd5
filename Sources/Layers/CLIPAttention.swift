import Checkpoints
import Layers
import Tensors

/// Causal self-attention. Keys: `q_proj`, `k_proj`, `v_proj`, `out_proj`.
struct CLIPAttention: Sendable {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let heads: Int

  init(_ weights: Weights, _ configuration: CLIPTextConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    query = try Linear(weights["q_proj"], width, width, keepingType: true)
    key = try Linear(weights["k_proj"], width, width, keepingType: true)
    value = try Linear(weights["v_proj"], width, width, keepingType: true)
    output = try Linear(weights["out_proj"], width, width, keepingType: true)
    heads = configuration.heads
  }

  /// (B, T, C) → (B, T, C).
  func callAsFunction(_ x: Tensor) -> Tensor {
    output(attention(query(x), key(x), value(x), heads: heads, causal: true))
  }
}
