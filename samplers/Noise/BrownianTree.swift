import Foundation
import Tensors

/// A Brownian motion that can be asked for its increment over any interval: the same path whatever it is asked and in
/// which order, because every point of the dyadic tree over the whole interval has a seed of its own. Equal to torchsde's
/// `BrownianTree` (Kidger et al. 2021; Li et al. 2020) in all but the rounding of sums.
struct BrownianTree: Sendable {
  /// One node of the tree: the `index`th of 2^depth intervals.
  private struct Node: Hashable {
    var depth = 0
    var index: UInt64 = 0

    func child(_ isRight: Bool) -> Node { Node(depth: depth + 1, index: 2 * index + (isRight ? 1 : 0)) }
  }

  private let start: Double
  private let end: Double
  private let seed: UInt64
  private let count: Int
  private let random: RandomAlgorithm
  private let whole: [Float]
  /// The increments over the left halves of nodes on the way to the last two intervals' ends, and when they were used.
  private var leftHalves: [Node: (increment: [Float], use: Int)] = [:]
  private var uses = 0

  /// `count` independent motions over `low`…`high`; times are told apart to 1e-6.
  init(from low: Double, to high: Double, count: Int, seed: UInt64, random: RandomAlgorithm = .torch) {
    (start, end) = (Self.rounded(low), Self.rounded(high))
    (self.seed, self.count, self.random) = (seed, count, random)
    let word = SeedSequence(entropy: seed, poolSize: Self.poolSize).state(1)[0]
    var source = random.source(seed: UInt64(word))
    let deviation = Float((high - low).squareRoot())
    whole = source.normal(count).map { $0 * deviation }
  }

  /// The increment over an interval, which is cut to that of the tree.
  mutating func increment(from low: Double, to high: Double) -> [Float] {
    uses += 1
    var sum = [Float](repeating: 0, count: count)
    let from = Self.rounded(min(max(low, start), end))
    let to = Self.rounded(min(max(high, start), end))
    if from < to { add(from, to, Node(), start, end, whole, to: &sum) }
    leftHalves = leftHalves.filter { $0.value.use > uses - 2 }
    return sum
  }

  /// Adds the increment over the part from…to of a node's interval; `increment` is that over all of it.
  private mutating func add(
    _ from: Double, _ to: Double, _ node: Node, _ start: Double, _ end: Double, _ increment: [Float],
    to sum: inout [Float]
  ) {
    if from <= start && to >= end {
      for index in sum.indices { sum[index] += increment[index] }
      return
    }
    let middle = Self.rounded(0.5 * (end + start))
    let left = leftHalf(node, start, middle, end, increment)
    if from < middle { add(from, min(to, middle), node.child(false), start, middle, left, to: &sum) }
    guard to > middle else { return }
    var right = increment
    for index in right.indices { right[index] -= left[index] }
    add(max(from, middle), to, node.child(true), middle, end, right, to: &sum)
  }

  /// A Brownian bridge's value at `middle`.
  private mutating func leftHalf(
    _ node: Node, _ start: Double, _ middle: Double, _ end: Double, _ increment: [Float]
  ) -> [Float] {
    if let known = leftHalves[node] {
      leftHalves[node]?.use = uses
      return known.increment
    }
    let sequence = SeedSequence(
      entropy: seed, path: [node.index, UInt64(node.depth)], poolSize: Self.poolSize)
    var source = random.source(seed: UInt64(sequence.state(1)[0]))
    var left = source.normal(count)
    let (before, after, reciprocal) = (middle - start, end - middle, 1 / (end - start))
    let (share, deviation) = (Float(before), Float((before * after * reciprocal).squareRoot()))
    let scale = Float(reciprocal)
    for index in left.indices { left[index] = share * increment[index] * scale + deviation * left[index] }
    leftHalves[node] = (left, uses)
    return left
  }

  private static let poolSize = 24

  /// To six decimals, as Python's `round` does: the nearest of the exact value, halves to even.
  static func rounded(_ time: Double) -> Double {
    let scaled = time * 1e6
    let whole = scaled.rounded(.down)
    // Near a half the product's own rounding could decide: then by way of decimal digits.
    if abs(scaled - whole - 0.5) < 1e-3 || abs(time) > 1e9 {
      return Double(String(format: "%.6f", time)) ?? time
    }
    return scaled.rounded() / 1e6
  }
}
