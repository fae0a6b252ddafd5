import Checkpoints
import Layers
import Tensors

/// Single-head self-attention over all pixels, in the middle of an autoencoder. Keys as diffusers writes them now
/// (`to_q`, …) or wrote them once (`query`, …); weights may be 1×1 convolutions.
struct AutoencoderAttention: Sendable {
  private let norm: GroupNorm
  private let query, key, value, output: Linear

  init(_ weights: Weights, channels: Int, _ style: ResnetBlock2D.Style) throws(WeightsError) {
    norm = try GroupNorm(
      weights["group_norm"], groups: style.groups, channels: channels, epsilon: style.epsilon)
    let isOld = weights.has("query.weight")
    query = try Linear(weights[isOld ? "query" : "to_q"], channels, channels)
    key = try Linear(weights[isOld ? "key" : "to_k"], channels, channels)
    value = try Linear(weights[isOld ? "value" : "to_v"], channels, channels)
    output = try Linear(isOld ? weights["proj_attn"] : weights["to_out"][0], channels, channels)
  }

  /// (N, H, W, C) → (N, H, W, C).
  func callAsFunction(_ x: Tensor) -> Tensor {
    let h = norm(x, as: query.inputType)
      .reshaped([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])  // (N, HW, C)
    let context = PackedKeyValues(keys: key(h), values: value(h), heads: 1, as: query.inputType)
    let attended = attention(query(h, Epilogue(as: context.dtype)), context, as: output.inputType)
    return output(attended.reshaped(x.shape), Epilogue(adding: x, as: x.dtype))
  }
}
