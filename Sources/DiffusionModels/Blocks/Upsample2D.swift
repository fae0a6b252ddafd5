import Checkpoints
import Layers
import Tensors

/// Repeats pixels up to a size, then convolves.
struct Upsample2D: Sendable {
  private let conv: Conv2d

  init(_ weights: Weights, channels: Int) throws(WeightsError) {
    conv = try Conv2d(weights["conv"], channels, channels, kernel: 3, padding: 1)
  }

  /// (N, h, w, C) → (N, height, width, C).
  func callAsFunction(_ x: Tensor, height: Int, width: Int) -> Tensor {
    conv(x.resizedNearest(height: height, width: width))
  }
}
