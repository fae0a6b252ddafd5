import TestSupport
import Testing

@testable import Tensors

@Suite struct MatmulTests {
  static func reference(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let (n, k) = (weight.shape[0], weight.shape[1])
    let m = x.shape.dropLast().reduce(1, *)
    let (xs, ws, bs) = (x.doubles, weight.doubles, bias?.doubles)
    var out: [Double] = []
    for row in 0..<m {
      for column in 0..<n {
        out.append((0..<k).reduce(bs?[column] ?? 0) { $0 + xs[row * k + $1] * ws[column * k + $1] })
      }
    }
    return Tensor(doubles: out, shape: x.shape.dropLast() + [n])
  }

  /// One row and many, sizes beside the tiles' and the vectors', more rows than one tile.
  static let sizes = [
    (1, 1, 1), (1, 65, 33), (1, 129, 1000), (2, 3, 5), (7, 64, 16), (33, 130, 31), (513, 9, 17), (800, 70, 3),
    (5, 1, 2000), (0, 4, 6),
  ]

  @Test(arguments: sizes) func equalsReference(_ m: Int, _ n: Int, _ k: Int) {
    var random = SeededGenerator(seed: 1)
    let (x, weight, bias) = (random.tensor([m, k]), random.tensor([n, k]), random.tensor([n]))
    expectClose(linear(x, weight), Self.reference(x, weight), 2e-6)
    expectClose(linear(x, weight, bias: bias), Self.reference(x, weight, bias: bias), 2e-6)
  }

  @Test(arguments: sizes, [DType.float16, .bfloat16]) func halves(_ size: (Int, Int, Int), _ dtype: DType) {
    let (m, n, k) = size
    var random = SeededGenerator(seed: 2)
    let (x, weight) = (random.tensor([m, k]), random.tensor([n, k]).converted(to: dtype))
    expectClose(linear(x, weight), Self.reference(x, weight), 2e-6)
  }

  /// The leading fp16 numbers of a block are its scales; in Q6_K they come last, after 208 bytes.
  @Test(arguments: [(DType.q8_0, 1), (.q4_0, 1), (.q4_1, 2), (.q5_0, 1), (.q5_1, 2), (.q4K, 2), (.q5K, 2)])
  func blocks(_ type: DType, _ scales: Int) {
    var random = SeededGenerator(seed: 3)
    for (m, n) in [(1, 1), (1, 67), (3, 130), (40, 5)] {
      let weight = random.blocks(type, scales: scales, rows: n, columns: 512)
      let x = random.tensor([m, 512])
      expectClose(linear(x, weight), Self.reference(x, weight.float32()), 4e-6, "\(type) \(m)×\(n)")
    }
  }

  /// Several rows, outputs in whole vectors and not, panels of each width.
  @Test(arguments: Processor.available) func decodesPanels(_ processor: Processor) {
    var random = SeededGenerator(seed: 6)
    for outputs in [16, 17, 48, 64, 96, 112, 192, 336] {
      let (rows, inputs) = (random.int(5...50), 32 * random.int(1...20))
      let x = random.tensor([rows, inputs])
      for weight in [
        random.blocks(.q4_1, scales: 2, rows: outputs, columns: inputs),
        random.blocks(.q8_0, scales: 1, rows: outputs, columns: inputs),
        random.tensor([outputs, inputs]).converted(to: .bfloat16),
      ] {
        expectClose(
          linear(x, weight, bias: nil, on: processor), Self.reference(x, weight.float32()), 4e-6,
          "\(weight.dtype) \(rows)×\(outputs)×\(inputs) on \(processor)")
      }
    }
  }

  @Test func leadingDimensionsStay() {
    var random = SeededGenerator(seed: 4)
    let (x, weight) = (random.tensor([2, 3, 4, 5]), random.tensor([6, 5]))
    #expect(linear(x, weight).shape == [2, 3, 4, 6])
    expectClose(linear(x, weight), Self.reference(x, weight), 1e-6)
  }

  /// A sum of nothing is zero.
  @Test(arguments: [1, 5]) func noInputs(_ rows: Int) {
    let bias = Tensor([1, 2, 3], shape: [3])
    #expect(linear(.zeros([rows, 0]), .zeros([3, 0])).floats == [Float](repeating: 0, count: rows * 3))
    #expect(
      linear(.zeros([rows, 0]), .zeros([3, 0]), bias: bias).floats == (0..<rows).flatMap { _ in bias.floats })
  }

  @Test func noOutputs() {
    #expect(linear(.zeros([2, 3]), .zeros([0, 3])).shape == [2, 0])
    #expect(linear(.zeros([1, 3]), .zeros([0, 3])).shape == [1, 0])
  }

  /// A NaN in one row or one output stays there, and is not lost.
  @Test(arguments: [1, 3, 70]) func nanReachesItsRowOnly(_ rows: Int) {
    var random = SeededGenerator(seed: 5)
    var (x, weight) = (random.tensor([rows, 40]), random.tensor([20, 40]))
    x.withMutableFloats { $0[7] = .nan }
    weight.withMutableFloats { $0[5 * 40 + 9] = .infinity }
    let result = linear(x, weight).floats
    for (i, value) in result.enumerated() {
      let spoilt = i < 20 || i % 20 == 5
      #expect(value.isFinite != spoilt)
    }
  }
}
