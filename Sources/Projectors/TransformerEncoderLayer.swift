import Checkpoints
import Layers
import Tensors

/// PyTorch's `nn.TransformerEncoderLayer(norm_first=True)`, without masks.
struct TransformerEncoderLayer: Sendable {
  private let selfAttention: MultiheadAttention
  private let feedForward: FeedForward
  private let norm1: LayerNorm
  private let norm2: LayerNorm

  init(_ weights: Weights, _ size: TransformerSize, _ activation: Activation) throws(WeightsError) {
    selfAttention = try MultiheadAttention(weights["self_attn"], channels: size.channels, heads: size.heads)
    feedForward = try FeedForward(weights, channels: size.channels, hidden: size.feedForward, activation)
    norm1 = try LayerNorm(weights["norm1"], channels: size.channels)
    norm2 = try LayerNorm(weights["norm2"], channels: size.channels)
  }

  /// (B, T, C) → (B, T, C).
  func callAsFunction(_ x: Tensor) -> Tensor {
    let x = x + selfAttention(norm1(x))
    return x + feedForward(norm2(x))
  }
}
