import Checkpoints
import Tensors

/// Self-attention of CLIP's encoders. Keys: `q_proj`, `k_proj`, `v_proj`, `out_proj`.
struct CLIPAttention: Sendable {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let heads: Int
  private let isCausal: Bool

  init(_ weights: Weights, width: Int, heads: Int, isCausal: Bool) throws(WeightsError) {
    query = try Linear(weights["q_proj"], width, width, keepingType: true)
    key = try Linear(weights["k_proj"], width, width, keepingType: true)
    value = try Linear(weights["v_proj"], width, width, keepingType: true)
    output = try Linear(weights["out_proj"], width, width, keepingType: true)
    self.heads = heads
    self.isCausal = isCausal
  }

  /// (B, T, C) → (B, T, C).
  func callAsFunction(_ x: Tensor) -> Tensor {
    output(attention(query(x), key(x), value(x), heads: heads, causal: isCausal))
  }
}
