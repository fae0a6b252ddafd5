import Checkpoints
import Layers
import Tensors

/// The transformer's gated feed-forward network (GEGLU), four times as wide inside.
struct FeedForward: Sendable {
  private let input: Linear
  private let output: Linear

  init(_ weights: Weights, width: Int) throws(WeightsError) {
    input = try Linear(weights["net"][0]["proj"], width, 8 * width)
    output = try Linear(weights["net"][2], 4 * width, width)
  }

  /// (N, T, width) → (N, T, width).
  func callAsFunction(_ x: Tensor) -> Tensor { output(geglu(input(x))) }
}
