import Checkpoints
import Tensors

/// 2-D convolution over pictures (N, H, W, C). Keys: `weight` (out, in, kh, kw), `bias` (out).
public struct Conv2d: Sendable {
  private let weight: PackedConvolution
  private let bias: Tensor?

  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    bias: Bool = true, pixels: Int = 0
  ) throws(WeightsError) {
    try self.init(
      weights, inputs, outputs,
      ConvolutionGeometry(kernel: (kernel, kernel), stride: stride, padding: padding), bias: bias,
      pixels: pixels)
  }

  /// - Parameter pixels: of the output, about, over all pictures; large counts allow faster algorithms.
  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, _ geometry: ConvolutionGeometry, bias: Bool = true,
    pixels: Int = 0
  ) throws(WeightsError) {
    weight = try weights.packed(
      "weight", [outputs, inputs, geometry.kernel.height, geometry.kernel.width], geometry,
      pixels: pixels)
    self.bias = bias ? try weights.float32("bias", [outputs]) : nil
  }

  /// The type of pictures that costs nothing to convert.
  public var inputType: DType { weight.dtype }

  /// (N, H, W, in) → (N, H', W', out).
  /// - Parameter doubled: see the picture at twice its height and width, each pixel four times.
  public func callAsFunction(
    _ x: Tensor, doubled: Bool = false, _ epilogue: Epilogue = Epilogue()
  ) -> Tensor {
    weight(x, bias: bias, doubled: doubled, epilogue)
  }
}
