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

  func callAsFunction(_ x: Tensor) -> Tensor {
    activation == .silu ? norm(x, silu: true) : activation(norm(x))
  }
}
