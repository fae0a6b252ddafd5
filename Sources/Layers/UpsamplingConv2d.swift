import Checkpoints
import Tensors

/// A picture's pixels doubled along both sides, then convolved by a 3×3 kernel. Done as four 2×2 convolutions of the
/// small picture, one for each parity of the output's row and column: taps that fall on the same pixel are added up
/// beforehand, which leaves 4/9 of the multiplications. Keys: `weight` (out, in, 3, 3), `bias` (out).
public struct UpsamplingConv2d: Sendable {
  private let phases: [PackedConvolution]
  private let bias: Tensor

  public init(_ weights: Weights, _ inputs: Int, _ outputs: Int) throws(WeightsError) {
    let weight = try weights.float32("weight", [outputs, inputs, 3, 3])
    bias = try weights.float32("bias", [outputs])
    phases = [(0, 0), (0, 1), (1, 0), (1, 1)].compactMap { row, column in
      PackedConvolution(
        Self.merged(weight, row: row, column: column),
        ConvolutionGeometry(
          kernel: (2, 2), padding: (top: 1 - row, left: 1 - column, bottom: row, right: column)),
        precision: weights.precision)
    }
    // Sums of large numbers may not be finite, though each is.
    guard phases.count == 4 else { throw weights.notFinite("weight") }
  }

  /// (N, h, w, in) → (N, 2h, 2w, out).
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let x = x.converted(to: phases[0].dtype)
    return Tensor.interleaving(phases.map { $0(x, bias: bias) })
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
