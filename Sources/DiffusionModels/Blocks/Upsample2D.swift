import Checkpoints
import Layers
import Tensors

/// Repeats pixels up to a size, then convolves.
struct Upsample2D: Sendable {
  private let conv: Conv2d

  /// - Parameter pixels: of the output, about, over all pictures.
  init(_ weights: Weights, channels: Int, pixels: Int) throws(WeightsError) {
    conv = try Conv2d(weights["conv"], channels, channels, kernel: 3, padding: 1, pixels: pixels)
  }

  /// (N, h, w, C) → (N, height, width, C).
  func callAsFunction(_ x: Tensor, height: Int, width: Int) -> Tensor {
    (height, width) == (2 * x.shape[1], 2 * x.shape[2])
      ? conv(x, doubled: true, Epilogue(as: x.dtype))
      : conv(x.float32().resizedNearest(height: height, width: width), Epilogue(as: x.dtype))
  }
}
