import Checkpoints
import Layers
import Tensors

/// Group normalization followed by the network's nonlinearity.
struct NormActivation: Sendable {
  private let norm: GroupNorm
  private let activation: Activation

  init(
    _ weights: Weights, channels: Int, groups: Int, epsilon: Float, _ activation: Activation
  ) throws(WeightsError) {
    norm = try GroupNorm(weights, groups: groups, channels: channels, epsilon: epsilon)
    self.activation = activation
  }

  /// - Parameter output: the type that what follows takes.
  func callAsFunction(_ x: Tensor, as output: DType = .float32) -> Tensor {
    activation == .silu
      ? norm(x, silu: true, as: output) : activation(norm(x)).converted(to: output)
  }
}
