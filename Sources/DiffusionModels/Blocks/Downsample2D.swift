import Checkpoints
import Layers
import Tensors

/// Halves height and width by a convolution of stride 2. Without padding, zeros are added at the bottom and right only.
struct Downsample2D: Sendable {
  private let conv: Conv2d

  init(_ weights: Weights, channels: Int, padding: Int) throws(WeightsError) {
    let geometry =
      padding == 0
      ? ConvolutionGeometry(kernel: (3, 3), stride: 2, padding: (top: 0, left: 0, bottom: 1, right: 1))
      : ConvolutionGeometry(kernel: (3, 3), stride: 2, padding: padding)
    conv = try Conv2d(weights["conv"], channels, channels, geometry)
  }

  /// (N, H, W, C) → (N, H/2, W/2, C).
  func callAsFunction(_ x: Tensor) -> Tensor { conv(x, Epilogue(as: x.dtype)) }
}
