import Checkpoints
import Layers
import Tensors

/// The transformer's gated feed-forward network (GEGLU), four times as wide inside.
struct FeedForward: Sendable {
  private let input: Linear
  private let output: Linear

  init(_ weights: Weights, width: Int) throws(WeightsError) {
    input = try Linear(weights["net"][0]["proj"], width, 8 * width, gated: true)
    output = try Linear(weights["net"][2], 4 * width, width)
  }

  /// The type of inputs that costs nothing to convert.
  var inputType: DType { input.inputType }

  /// (N, T, width) → (N, T, width), added to `residual`.
  func callAsFunction(_ x: Tensor, adding residual: Tensor) -> Tensor {
    output(input(x, Epilogue(as: output.inputType)), Epilogue(adding: residual, as: residual.dtype))
  }
}
