import Checkpoints
import Tensors

/// A picture's pixels doubled along both sides, then convolved by a 3×3 kernel. Where the fast algorithms do not pay, it
/// is done as four 2×2 convolutions of the small picture, one for each parity of the output's row and column: taps that
/// fall on the same pixel are added up beforehand, which leaves 4/9 of the multiplications. Keys: `weight` (out, in, 3, 3), `bias` (out).
public struct UpsamplingConv2d: Sendable {
  /// One for the doubled picture, or four for the small one.
  private let convolutions: [PackedConvolution]
  private let bias: Tensor

  /// - Parameter pixels: of the output, about, over all pictures.
  public init(_ weights: Weights, _ inputs: Int, _ outputs: Int, pixels: Int = 0) throws(WeightsError) {
    bias = try weights.float32("bias", [outputs])
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    let shape = [outputs, inputs, 3, 3]
    if PackedConvolution.isFastOnDoubled(inputs: inputs, outputs: outputs, weights.precision, pixels: pixels)
    {
      convolutions = [try weights.packed("weight", shape, geometry, pixels: pixels)]
      return
    }
    let weight = try weights.float32("weight", shape)
    convolutions = [(0, 0), (0, 1), (1, 0), (1, 1)].compactMap { row, column in
      PackedConvolution(
        Self.merged(weight, row: row, column: column),
        ConvolutionGeometry(
          kernel: (2, 2), padding: (top: 1 - row, left: 1 - column, bottom: row, right: column)),
        precision: weights.precision)
    }
    // Sums of large numbers may not be finite, though each is.
    guard convolutions.count == 4 else { throw weights.notFinite("weight") }
  }

  /// (N, h, w, in) → (N, 2h, 2w, out), of the type that x is of.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let input = x.converted(to: convolutions[0].dtype)
    if convolutions.count == 1 {
      return convolutions[0](input, bias: bias, doubled: true, Epilogue(as: x.dtype))
    }
    return Tensor.interleaving(convolutions.map { $0(input, bias: bias) }).converted(to: x.dtype)
  }

  /// (out, in, 3, 3) → (out, in, 2, 2): an even row sees tap 0 on the pixel before, 1 and 2 on its own; an odd one taps
  /// 0 and 1 on its own, 2 on the next.
  private static func merged(_ weight: Tensor, row: Int, column: Int) -> Tensor {
    let taps = [[0..<1, 1..<3], [0..<2, 2..<3]]
    let kernels = weight.count / 9
    return Tensor(shape: [weight.shape[0], weight.shape[1], 2, 2]) { out in
      weight.withFloats { weight in
        parallel(kernels) { kernel in
          for y in 0..<2 {
            for x in 0..<2 {
              var sum: Float = 0
              for i in taps[row][y] {
                for j in taps[column][x] { sum += weight[kernel * 9 + i * 3 + j] }
              }
              out[kernel * 4 + y * 2 + x] = sum
            }
          }
        }
      }
    }
  }
}
