import Checkpoints
import Layers
import Tensors

/// PyTorch's `nn.TransformerDecoderLayer(norm_first=True)`, without masks: the targets see one another too.
struct TransformerDecoderLayer: Sendable {
  private let selfAttention: MultiheadAttention
  private let crossAttention: MultiheadAttention
  private let feedForward: FeedForward
  private let norm1: LayerNorm
  private let norm2: LayerNorm
  private let norm3: LayerNorm

  init(_ weights: Weights, _ size: TransformerSize, _ activation: Activation) throws(WeightsError) {
    selfAttention = try MultiheadAttention(weights["self_attn"], channels: size.channels, heads: size.heads)
    crossAttention = try MultiheadAttention(
      weights["multihead_attn"], channels: size.channels, heads: size.heads)
    feedForward = try FeedForward(weights, channels: size.channels, hidden: size.feedForward, activation)
    norm1 = try LayerNorm(weights["norm1"], channels: size.channels)
    norm2 = try LayerNorm(weights["norm2"], channels: size.channels)
    norm3 = try LayerNorm(weights["norm3"], channels: size.channels)
  }

  /// Targets x (B, T, C) and the encoder's output `memory` (B, S, C) → (B, T, C).
  func callAsFunction(_ x: Tensor, memory: Tensor) -> Tensor {
    var x = x + selfAttention(norm1(x))
    x = x + crossAttention(norm2(x), context: memory)
    return x + feedForward(norm3(x))
  }
}
