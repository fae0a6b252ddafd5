import Checkpoints
import Tensors

/// 2-D convolution over pictures (N, H, W, C). Keys: `weight` (out, in, kh, kw), `bias` (out).
public struct Conv2d: Sendable {
  private let weight: Tensor  // (out, kh, kw, in)
  private let bias: Tensor?
  private let geometry: ConvolutionGeometry

  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    bias: Bool = true
  ) throws(WeightsError) {
    try self.init(
      weights, inputs, outputs,
      ConvolutionGeometry(kernel: (kernel, kernel), stride: stride, padding: padding), bias: bias)
  }

  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, _ geometry: ConvolutionGeometry, bias: Bool = true
  ) throws(WeightsError) {
    weight = try weights.float32("weight", [outputs, inputs, geometry.kernel.height, geometry.kernel.width])
      .swapping(1..<2, 2..<4)
    self.bias = bias ? try weights.float32("bias", [outputs]) : nil
    self.geometry = geometry
  }

  /// (N, H, W, in) → (N, H', W', out).
  public func callAsFunction(_ x: Tensor) -> Tensor { conv2d(x, weight, bias: bias, geometry) }
}
