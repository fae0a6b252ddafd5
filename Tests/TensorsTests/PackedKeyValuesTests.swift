import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct PackedKeyValuesTests {
  static func reference(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Double) -> Tensor {
    let (batch, queries, width, keys) = (q.shape[0], q.shape[1], q.shape[2], k.shape[1])
    let size = width / heads
    let (qs, ks, vs) = (q.doubles, k.doubles, v.doubles)
    var out = [Double](repeating: 0, count: q.count)
    for b in 0..<batch {
      for head in 0..<heads {
        for i in 0..<queries {
          let query = (b * queries + i) * width + head * size
          let scores = (0..<keys).map { j in
            (0..<size).reduce(0.0) { $0 + qs[query + $1] * ks[(b * keys + j) * width + head * size + $1] }
              * scale
          }
          let top = scores.max()!
          let weights = scores.map { exp($0 - top) }
          let sum = weights.reduce(0, +)
          for d in 0..<size {
            out[query + d] =
              (0..<keys).reduce(0.0) { $0 + weights[$1] * vs[(b * keys + $1) * width + head * size + d] }
              / sum
          }
        }
      }
    }
    return Tensor(doubles: out, shape: q.shape)
  }

  /// Sizes of heads in published models, and others; keys around the panels' 64 and the blocks' 512.
  @Test(arguments: Processor.available) func equalsReference(_ processor: Processor) {
    var random = SeededGenerator(seed: 1)
    for (heads, size, queries, keys) in [
      (2, 40, 7, 77), (1, 80, 100, 64), (3, 5, 3, 130), (1, 160, 5, 1), (2, 64, 13, 513), (1, 8, 2, 1100),
      (1, 512, 2, 9),
    ] {
      let q = random.tensor([2, queries, heads * size], in: -3...3)
      let (k, v) = (random.tensor([2, keys, heads * size]), random.tensor([2, keys, heads * size]))
      for scale in [nil, 0.7] as [Float?] {
        let packed = PackedKeyValues(keys: k, values: v, heads: heads)
        let result = attention(q, packed, scale: scale, as: .float32, on: processor)
        expectClose(
          result,
          Self.reference(
            q, k, v, heads: heads, scale: scale.map(Double.init) ?? 1 / Double(size).squareRoot()), 4e-6,
          "\(heads) heads of \(size), \(queries) × \(keys)")
        #expect(
          attention(q, packed, scale: scale, as: .bfloat16, on: processor).bitPatterns
            == result.converted(to: .bfloat16).bitPatterns)
      }
    }
  }

  /// Scores of any size, larger ones coming later.
  @Test(arguments: Processor.available) func largeScores(_ processor: Processor) {
    var random = SeededGenerator(seed: 2)
    let (q, v) = (random.tensor([1, 6, 16]), random.tensor([1, 1300, 16]))
    var k = random.tensor([1, 1300, 16])
    k.withMutableFloats { k in for i in 0..<1300 * 16 { k[i] *= Float(i / 16) } }
    expectClose(
      attention(q, PackedKeyValues(keys: k, values: v, heads: 2), scale: 1, as: .float32, on: processor),
      Self.reference(q, k, v, heads: 2, scale: 1), 2e-4)
  }

  @Test(arguments: Processor.available) func bf16(_ processor: Processor) {
    var random = SeededGenerator(seed: 3)
    let q = random.tensor([2, 20, 80], in: -3...3).converted(to: .bfloat16)
    let k = random.tensor([2, 600, 80]).converted(to: .bfloat16)
    let v = random.tensor([2, 600, 80]).converted(to: .bfloat16)
    let packed = PackedKeyValues(keys: k, values: v, heads: 2, as: .bfloat16)
    #expect(packed.dtype == .bfloat16)
    expectClose(
      attention(q, packed, scale: nil, as: .float32, on: processor),
      Self.reference(q, k, v, heads: 2, scale: 1 / 40.0.squareRoot()), 4e-3)
  }

  /// What is no number is not hidden.
  @Test func notANumber() {
    var q = Tensor.zeros([1, 3, 8])
    q.withMutableFloats { $0[8] = .nan }
    let packed = PackedKeyValues(keys: .zeros([1, 70, 8]), values: .zeros([1, 70, 8]), heads: 1)
    let result = attention(q, packed).floats
    #expect(result[8..<16].allSatisfy(\.isNaN) && result[..<8].allSatisfy { $0 == 0 })
  }
}
