import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct NormalizationTests {
  /// (v − mean)/√(variance + ε) of the values at each set of places.
  static func normalized(_ x: [Double], _ sets: [[Int]], epsilon: Double) -> [Double] {
    var out = x
    for set in sets where !set.isEmpty {
      let mean = set.reduce(0) { $0 + x[$1] } / Double(set.count)
      let variance = set.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(set.count)
      for i in set { out[i] = (x[i] - mean) / (variance + epsilon).squareRoot() }
    }
    return out
  }

  static let sizes = [(1, 1), (1, 7), (3, 16), (5, 33), (2, 1000), (40, 513), (1, 20_000), (0, 5)]

  @Test(arguments: sizes) func layerNorms(_ rows: Int, _ columns: Int) {
    var random = SeededGenerator(seed: 1)
    let x = random.tensor([rows, columns], in: -3...5)
    let (weight, bias) = (random.tensor([columns]), random.tensor([columns]))
    let (w, b) = (weight.doubles, bias.doubles)
    let sets = (0..<rows).map { row in Array(row * columns..<(row + 1) * columns) }
    let unit = Self.normalized(x.doubles, sets, epsilon: 1e-5)
    expectClose(
      layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5),
      Tensor(doubles: unit.indices.map { unit[$0] * w[$0 % columns] + b[$0 % columns] }, shape: x.shape), 1e-6
    )
    expectClose(
      layerNorm(x, weight: weight, bias: nil, epsilon: 1e-5),
      Tensor(doubles: unit.indices.map { unit[$0] * w[$0 % columns] }, shape: x.shape), 1e-6)
  }

  @Test(arguments: sizes) func rmsNorms(_ rows: Int, _ columns: Int) {
    var random = SeededGenerator(seed: 2)
    let (x, weight) = (random.tensor([rows, columns], in: -3...5), random.tensor([columns]))
    let (xs, w) = (x.doubles, weight.doubles)
    var expected: [Double] = []
    for row in 0..<rows {
      let values = xs[row * columns..<(row + 1) * columns]
      let root = (values.reduce(0) { $0 + $1 * $1 } / Double(columns) + 1e-6).squareRoot()
      expected += zip(values, w).map { $0 / root * $1 }
    }
    expectClose(rmsNorm(x, weight: weight, epsilon: 1e-6), Tensor(doubles: expected, shape: x.shape), 1e-6)
  }

  static func groups(_ shape: [Int], _ groups: Int) -> [[Int]] {
    let channels = shape[shape.count - 1]
    let count = shape.reduce(1, *)
    var sets = [[Int]](repeating: [], count: shape[0] * groups)
    for i in 0..<count {
      sets[i / (count / shape[0]) * groups + i % channels / (channels / groups)].append(i)
    }
    return sets
  }

  @Test(arguments: [
    ([1, 1, 1, 1], 1), ([2, 3, 5, 8], 4), ([1, 7, 1, 33], 11), ([3, 2, 2, 6], 6), ([2, 100, 130, 4], 2),
    ([1, 9, 20_000], 5), ([2, 0, 4], 2), ([0, 3, 4], 1),
  ]) func groupNorms(_ shape: [Int], _ groups: Int) {
    var random = SeededGenerator(seed: 3)
    let channels = shape[shape.count - 1]
    let x = random.tensor(shape, in: -3...5)
    let (weight, bias) = (random.tensor([channels]), random.tensor([channels]))
    let (w, b) = (weight.doubles, bias.doubles)
    let unit = Self.normalized(x.doubles, Self.groups(shape, groups), epsilon: 1e-6)
    let expected = unit.indices.map { unit[$0] * w[$0 % channels] + b[$0 % channels] }
    expectClose(
      groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: 1e-6),
      Tensor(doubles: expected, shape: shape),
      2e-6)
    expectClose(
      groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: 1e-6, silu: true),
      Tensor(doubles: expected.map { $0 / (1 + exp(-$0)) }, shape: shape), 2e-6)
  }

  /// A mean of 10,000 spreads: neither the variance nor the difference may drown in rounding.
  @Test(arguments: [Float(100), -1000, 10_000]) func largeMeanSmallVariance(_ mean: Float) {
    var random = SeededGenerator(seed: 4)
    let spread = abs(mean) / 10_000
    let shape = [2, 50, 24]
    let x = random.tensor(shape, in: mean - spread...mean + spread)
    let (weight, bias) = (Tensor(repeating: 1, shape: [24]), Tensor.zeros([24]))
    let rows = (0..<100).map { row in Array(row * 24..<(row + 1) * 24) }
    expectClose(
      layerNorm(x, weight: weight, bias: bias, epsilon: 1e-12),
      Tensor(doubles: Self.normalized(x.doubles, rows, epsilon: 1e-12), shape: shape), 2e-6)
    expectClose(
      groupNorm(x, groups: 4, weight: weight, bias: bias, epsilon: 1e-12),
      Tensor(doubles: Self.normalized(x.doubles, Self.groups(shape, 4), epsilon: 1e-12), shape: shape), 2e-6)
  }

  /// No spread at all: the rounding of the sums must not make one up.
  @Test func constantInput() {
    let x = Tensor(repeating: 0.1, shape: [1, 77, 12])
    let (weight, bias) = (Tensor(repeating: 2, shape: [12]), Tensor(repeating: 3, shape: [12]))
    expectClose(
      layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5), Tensor(repeating: 3, shape: x.shape), 1e-5)
    expectClose(
      groupNorm(x, groups: 3, weight: weight, bias: bias, epsilon: 1e-5),
      Tensor(repeating: 3, shape: x.shape), 1e-5)
  }

  @Test func noColumns() {
    let (x, none) = (Tensor.zeros([3, 0]), Tensor.zeros([0]))
    #expect(layerNorm(x, weight: none, bias: none, epsilon: 1e-5).shape == [3, 0])
    #expect(rmsNorm(x, weight: none, epsilon: 1e-5).shape == [3, 0])
    #expect(groupNorm(x, groups: 1, weight: none, bias: none, epsilon: 1e-5).shape == [3, 0])
  }

  @Test func nanStays() {
    var x = Tensor.zeros([2, 5, 4])
    x.withMutableFloats { $0[3] = .nan }
    let (weight, bias) = (Tensor(repeating: 1, shape: [4]), Tensor.zeros([4]))
    #expect(layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5).floats[3].isNaN)
    #expect(rmsNorm(x, weight: weight, epsilon: 1e-5).floats[3].isNaN)
    #expect(groupNorm(x, groups: 2, weight: weight, bias: bias, epsilon: 1e-5, silu: true).floats[3].isNaN)
  }

  /// Both ends may be bf16.
  @Test func bf16() {
    var random = SeededGenerator(seed: 9)
    let (weight, bias) = (random.tensor([32]), random.tensor([32]))
    let x = random.tensor([2, 700, 32]).converted(to: .bfloat16)
    for output in [DType.float32, .bfloat16] {
      let grouped = groupNorm(
        x, groups: 4, weight: weight, bias: bias, epsilon: 1e-5, silu: true, as: output)
      #expect(grouped.dtype == output)
      expectClose(
        grouped.float32(),
        groupNorm(x.float32(), groups: 4, weight: weight, bias: bias, epsilon: 1e-5, silu: true),
        output == .float32 ? 1e-6 : 4e-3)
      #expect(
        layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5, as: output).bitPatterns
          == layerNorm(x.float32(), weight: weight, bias: bias, epsilon: 1e-5).converted(to: output)
          .bitPatterns)
    }
  }
}
