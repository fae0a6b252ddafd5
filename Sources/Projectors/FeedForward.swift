import Checkpoints
import Layers
import Tensors

/// The two linear layers inside PyTorch's transformer layers. Keys: `linear1`, `linear2`.
struct FeedForward: Sendable {
  private let linear1: Linear
  private let linear2: Linear
  private let activation: Activation

  init(_ weights: Weights, channels: Int, hidden: Int, _ activation: Activation) throws(WeightsError) {
    linear1 = try Linear(weights["linear1"], channels, hidden)
    linear2 = try Linear(weights["linear2"], hidden, channels)
    self.activation = activation
  }

  /// (B, T, C) → (B, T, C).
  func callAsFunction(_ x: Tensor) -> Tensor { linear2(activation(linear1(x))) }
}
