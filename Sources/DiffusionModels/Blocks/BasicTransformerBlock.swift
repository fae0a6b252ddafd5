import Checkpoints
import Layers
import Tensors

/// Self-attention, cross-attention and feed-forward, each normalized first and added to its input.
struct BasicTransformerBlock: Sendable {
  /// What the conditioning is to this block.
  struct Conditioning: Sendable {
    /// For the first attention where it looks at the conditioning too (`only_cross_attention`).
    let first: PackedKeyValues?
    let second: PackedKeyValues
    /// The share of the tokens that self-attention merges.
    var tokenMerging = 0.0
    /// Whether pixels look at themselves only: the perturbation of Ahn et al. 2024.
    var isPerturbed = false
  }

  private let norm1, norm2, norm3: LayerNorm
  private let attention1, attention2: CrossAttention
  private let feedForward: FeedForward
  private let onlyCrossAttention: Bool

  init(
    _ weights: Weights, width: Int, heads: Int, contextWidth: Int, onlyCrossAttention: Bool
  ) throws(WeightsError) {
    norm1 = try LayerNorm(weights["norm1"], channels: width)
    attention1 = try CrossAttention(
      weights["attn1"], width: width, contextWidth: onlyCrossAttention ? contextWidth : width, heads: heads)
    norm2 = try LayerNorm(weights["norm2"], channels: width)
    attention2 = try CrossAttention(weights["attn2"], width: width, contextWidth: contextWidth, heads: heads)
    norm3 = try LayerNorm(weights["norm3"], channels: width)
    feedForward = try FeedForward(weights["ff"], width: width)
    self.onlyCrossAttention = onlyCrossAttention
  }

  func conditioning(_ states: Tensor, tokenMerging: Double) -> Conditioning {
    Conditioning(
      first: onlyCrossAttention ? attention1.keyValues(states) : nil, second: attention2.keyValues(states),
      tokenMerging: tokenMerging)
  }

  /// (N, HW, width) → (N, HW, width).
  /// - Parameter size: H and W.
  func callAsFunction(
    _ input: Tensor, size: (height: Int, width: Int), _ conditioning: Conditioning
  ) -> Tensor {
    var x: Tensor
    if conditioning.tokenMerging > 0, conditioning.first == nil, !conditioning.isPerturbed {
      let merging = TokenMerging(
        input.float32(), height: size.height, width: size.width, ratio: conditioning.tokenMerging)
      let normed = merging.merged(norm1(input))
      let attended = merging.unmerged(attention1(normed, attention1.keyValues(normed)))
      x = (input.float32() + attended).converted(to: input.dtype)
    } else {
      let normed = norm1(input, as: attention1.inputType)
      x =
        conditioning.isPerturbed
        ? input + attention1.identity(normed)
        : attention1(normed, conditioning.first ?? attention1.keyValues(normed), adding: input)
    }
    x = attention2(norm2(x, as: attention2.inputType), conditioning.second, adding: x)
    return feedForward(norm3(x, as: feedForward.inputType), adding: x)
  }
}
