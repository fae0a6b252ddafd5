import Checkpoints
import Tensors

/// A pre-norm transformer layer of CLIP's encoders (Radford et al. 2021). Keys: `self_attn`, `layer_norm1`, `layer_norm2`,
/// `mlp.fc1`, `mlp.fc2`. Matrices keep their stored type: a prompt is encoded once, so decoding them ahead would cost memory
/// and save no time.
public struct CLIPEncoderLayer: Sendable {
  private let selfAttention: CLIPAttention
  private let norm1: LayerNorm
  private let norm2: LayerNorm
  private let fc1: Linear
  private let fc2: Linear
  private let activation: Activation

  /// - Parameter isCausal: a token sees those before it only, as in text.
  public init(
    _ weights: Weights, width: Int, hidden: Int, heads: Int, activation: Activation, epsilon: Float,
    isCausal: Bool
  ) throws(WeightsError) {
    selfAttention = try CLIPAttention(weights["self_attn"], width: width, heads: heads, isCausal: isCausal)
    norm1 = try LayerNorm(weights["layer_norm1"], channels: width, epsilon: epsilon)
    norm2 = try LayerNorm(weights["layer_norm2"], channels: width, epsilon: epsilon)
    fc1 = try Linear(weights["mlp"]["fc1"], width, hidden, keepingType: true)
    fc2 = try Linear(weights["mlp"]["fc2"], hidden, width, keepingType: true)
    self.activation = activation
  }

  /// (B, T, C) → (B, T, C).
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let x = x + selfAttention(norm1(x))
    return x + fc2(activation(fc1(norm2(x))))
  }
}
