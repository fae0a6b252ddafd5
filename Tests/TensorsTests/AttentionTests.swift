import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct AttentionTests {
  static func reference(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, kvHeads: Int, scale: Double, causal: Bool
  ) -> Tensor {
    let (batch, queries, keys) = (q.shape[0], q.shape[1], k.shape[1])
    let (width, kvWidth) = (q.shape[2], k.shape[2])
    let size = width / heads
    let (qs, ks, vs) = (q.doubles, k.doubles, v.doubles)
    var out = [Double](repeating: 0, count: q.count)
    for b in 0..<batch {
      for head in 0..<heads {
        let column = head / (heads / kvHeads) * size
        for i in 0..<queries {
          let row = (b * queries + i) * width + head * size
          let visible = causal ? keys - queries + i + 1 : keys
          let scores = (0..<visible).map { j in
            (0..<size).reduce(0.0) { $0 + qs[row + $1] * ks[(b * keys + j) * kvWidth + column + $1] } * scale
          }
          let top = scores.max() ?? 0
          let weights = scores.map { exp($0 - top) }
          let total = weights.reduce(0, +)
          for (j, weight) in weights.enumerated() {
            for d in 0..<size { out[row + d] += weight / total * vs[(b * keys + j) * kvWidth + column + d] }
          }
        }
      }
    }
    return Tensor(doubles: out, shape: q.shape)
  }

  struct Case: Sendable {
    var batch = 1
    var queries: Int
    var keys: Int
    var heads = 1
    var kvHeads = 1
    var size = 8
    var magnitude: Float = 1
  }

  /// One row, odd sizes, more keys than queries and fewer, several tiles of queries, grouped queries, large logits.
  static let cases = [
    Case(queries: 1, keys: 1), Case(queries: 1, keys: 77, heads: 2, kvHeads: 2, size: 5),
    Case(batch: 2, queries: 7, keys: 19, heads: 6, kvHeads: 2, size: 3),
    Case(batch: 3, queries: 33, keys: 33, heads: 3, kvHeads: 1, size: 17),
    Case(queries: 257, keys: 300, heads: 2, kvHeads: 1, size: 4), Case(queries: 600, keys: 601, size: 6),
    Case(queries: 17, keys: 64, size: 64, magnitude: 60), Case(queries: 0, keys: 4),
    Case(batch: 2, queries: 100, keys: 130, heads: 4, kvHeads: 2, size: 16),
    Case(queries: 130, keys: 151, heads: 2, kvHeads: 1, size: 80),
    Case(queries: 1, keys: 64, heads: 3, kvHeads: 1, size: 16),
    Case(batch: 2, queries: 1, keys: 201, heads: 9, kvHeads: 3, size: 64),
    Case(batch: 3, queries: 1, keys: 65, heads: 2, kvHeads: 2, size: 20, magnitude: 60),
    Case(queries: 1, keys: 1000, heads: 4, kvHeads: 2, size: 33, magnitude: 20),
  ]

  @Test(arguments: cases, [false, true]) func equalsReference(_ test: Case, _ causal: Bool) {
    var random = SeededGenerator(seed: 2)
    let range = -test.magnitude...test.magnitude
    let q = random.tensor([test.batch, test.queries, test.heads * test.size], in: range)
    let k = random.tensor([test.batch, test.keys, test.kvHeads * test.size], in: range)
    let v = random.tensor(k.shape)
    for scale in [nil, Float(0.3)] {
      let expected = Self.reference(
        q, k, v, heads: test.heads, kvHeads: test.kvHeads,
        scale: scale.map(Double.init) ?? 1 / Double(test.size).squareRoot(), causal: causal)
      for processor in Processor.available {
        // Logits of thousands carry that much more rounding error into the weights.
        expectClose(
          attention(
            q, k, v, heads: test.heads, kvHeads: test.kvHeads, scale: scale, causal: causal, on: processor),
          expected, 2e-6 * max(1, test.magnitude * test.magnitude / 8),
          "\(test), causal \(causal), \(processor)")
      }
    }
  }

  @Test func fewerKeysThanQueries() {
    var random = SeededGenerator(seed: 3)
    let (q, k, v) = (random.tensor([2, 70, 10]), random.tensor([2, 3, 10]), random.tensor([2, 3, 10]))
    let expected = Self.reference(q, k, v, heads: 2, kvHeads: 2, scale: 1 / 5.0.squareRoot(), causal: false)
    expectClose(attention(q, k, v, heads: 2), expected, 1e-6)
  }

  @Test func noKeysGiveZeros() {
    let (q, none) = (Tensor(repeating: 1, shape: [2, 3, 8]), Tensor.zeros([2, 0, 8]))
    #expect(attention(q, none, none, heads: 2).floats == [Float](repeating: 0, count: 48))
  }

  @Test func randomShapesOfOneQuery() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<40 {
      let kvHeads = random.int(1...4)
      let (heads, size) = (kvHeads * random.int(1...3), random.int(1...70))
      let q = random.tensor([random.int(1...2), 1, heads * size], in: -3...3)
      let k = random.tensor([q.shape[0], random.int(1...300), kvHeads * size], in: -3...3)
      let v = random.tensor(k.shape)
      let expected = Self.reference(
        q, k, v, heads: heads, kvHeads: kvHeads, scale: 1 / Double(size).squareRoot(), causal: true)
      expectClose(
        attention(q, k, v, heads: heads, kvHeads: kvHeads, causal: true), expected, 2e-6,
        "\(q.shape) \(k.shape)")
    }
  }

  /// The head that sees it has no number for a result, the other has.
  @Test func notANumberStays() {
    for position in [0, 5, 99] {
      var k = Tensor(repeating: 1, shape: [1, 100, 8])
      k.withMutableFloats { $0[position * 8] = .nan }
      let v = Tensor(repeating: 1, shape: [1, 100, 8])
      let result = attention(Tensor(repeating: 1, shape: [1, 1, 8]), k, v, heads: 2).floats
      #expect(result.prefix(4).allSatisfy { $0.isNaN }, "\(position)")
      #expect(result.suffix(4).allSatisfy { abs($0 - 1) < 1e-6 }, "\(position)")
    }
  }

  /// What a causal query must not see cannot reach it, not even as NaN.
  @Test func hiddenKeysDoNotLeak() {
    var random = SeededGenerator(seed: 4)
    let (q, k) = (random.tensor([1, 5, 4]), random.tensor([1, 5, 4]))
    var hidden = k
    hidden.withMutableFloats { $0[4 * 4] = 1e30 }
    let (first, second) = (
      attention(q, k, k, heads: 1, causal: true), attention(q, hidden, k, heads: 1, causal: true)
    )
    #expect(first.floats.prefix(16) == second.floats.prefix(16))
  }
}
