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
    guard from < to else { return sum }
    // The draws are all the work, and do not depend on each other.
    var missing: [Node] = []
    find(from, to, Node(), start, end, &missing)
    var draws = [[Float]](repeating: [], count: missing.count)
    draws.withUnsafeMutableBufferPointer { draws in
      parallel(missing.count) { draws[$0] = draw(missing[$0]) }
    }
    let fresh = Dictionary(uniqueKeysWithValues: zip(missing, draws))
    add(from, to, Node(), start, end, whole, fresh, to: &sum)
    leftHalves = leftHalves.filter { $0.value.use > uses - 2 }
    return sum
  }

  /// The nodes that the interval's ends cut and whose left halves are not known.
  private func find(
    _ from: Double, _ to: Double, _ node: Node, _ start: Double, _ end: Double, _ missing: inout [Node]
  ) {
    guard from > start || to < end else { return }
    if leftHalves[node] == nil { missing.append(node) }
    let middle = Self.rounded(0.5 * (end + start))
    if from < middle { find(from, min(to, middle), node.child(false), start, middle, &missing) }
    if to > middle { find(max(from, middle), to, node.child(true), middle, end, &missing) }
  }

  /// N(0, 1) samples of the node's own.
  private func draw(_ node: Node) -> [Float] {
    let sequence = SeedSequence(
      entropy: seed, path: [node.index, UInt64(node.depth)], poolSize: Self.poolSize)
    var source = random.source(seed: UInt64(sequence.state(1)[0]))
    return source.normal(count)
  }

  /// Adds the increment over the part from…to of a node's interval; `increment` is that over all of it.
  private mutating func add(
    _ from: Double, _ to: Double, _ node: Node, _ start: Double, _ end: Double, _ increment: [Float],
    _ fresh: [Node: [Float]], to sum: inout [Float]
  ) {
    if from <= start && to >= end {
      sum.withUnsafeMutableBufferPointer { sum in
        increment.withUnsafeBufferPointer { for index in 0..<$0.count { sum[index] += $0[index] } }
      }
      return
    }
    let middle = Self.rounded(0.5 * (end + start))
    let left =
      leftHalves[node]?.increment ?? leftHalf(fresh[node] ?? draw(node), start, middle, end, increment)
    leftHalves[node] = (left, uses)
    if from < middle {
      add(from, min(to, middle), node.child(false), start, middle, left, fresh, to: &sum)
    }
    guard to > middle else { return }
    let right = Self.map(increment, left) { $0 - $1 }
    add(max(from, middle), to, node.child(true), middle, end, right, fresh, to: &sum)
  }

  /// A Brownian bridge's value at `middle`, from N(0, 1) samples.
  private func leftHalf(
    _ noise: [Float], _ start: Double, _ middle: Double, _ end: Double, _ increment: [Float]
  ) -> [Float] {
    let (before, after, reciprocal) = (middle - start, end - middle, 1 / (end - start))
    let (share, deviation) = (Float(before), Float((before * after * reciprocal).squareRoot()))
    let scale = Float(reciprocal)
    return Self.map(increment, noise) { share * $0 * scale + deviation * $1 }
  }

  @inline(__always)
  private static func map(_ x: [Float], _ y: [Float], _ body: (Float, Float) -> Float) -> [Float] {
    [Float](unsafeUninitializedCapacity: x.count) { out, filled in
      x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
          for index in 0..<x.count { out[index] = body(x[index], y[index]) }
        }
      }
      filled = x.count
    }
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
