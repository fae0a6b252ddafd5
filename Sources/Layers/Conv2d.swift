import Checkpoints
import Tensors

/// 2-D convolution over pictures (N, H, W, C). Keys: `weight` (out, in, kh, kw), `bias` (out).
public struct Conv2d: Sendable {
  private let weight: PackedConvolution
  private let bias: Tensor?

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
    weight = try weights.packed(
      "weight", [outputs, inputs, geometry.kernel.height, geometry.kernel.width], geometry)
    self.bias = bias ? try weights.float32("bias", [outputs]) : nil
  }

  /// The type of pictures that costs nothing to convert.
  public var inputType: DType { weight.dtype }

  /// (N, H, W, in) → (N, H', W', out).
  public func callAsFunction(_ x: Tensor, _ epilogue: Epilogue = Epilogue()) -> Tensor {
    weight(x, bias: bias, epilogue)
  }
}
