import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Tensors

/// Sets the number of threads for the whole process, so its tests run one after the other; no other test minds.
@Suite(.serialized) struct ThreadPoolTests {
  func withThreads<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    let before = ThreadPool.threadCount
    ThreadPool.threadCount = count
    defer { ThreadPool.threadCount = before }
    return try body()
  }

  @Test func countIsAtLeastOne() {
    #expect(ThreadPool.threadCount >= 1)
    withThreads(-3) { #expect(ThreadPool.threadCount == 1) }
  }

  @Test(arguments: [1, 2, 3, 8]) func everyIndexOnce(_ threads: Int) {
    withThreads(threads) {
      for count in [0, 1, 2, 7, 1000] {
        var hits = [Int](repeating: 0, count: count)
        hits.withUnsafeMutableBufferPointer { buffer in
          nonisolated(unsafe) let buffer = buffer
          parallel(count) { buffer[$0] += 1 }
        }
        #expect(hits.allSatisfy { $0 == 1 }, "\(count) on \(threads) threads")
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func callsInsideCalls() {
    withThreads(4) {
      let total = Atomic<Int>(0)
      parallel(20) { _ in
        parallel(30) { _ in parallel(3) { total.wrappingAdd($0, ordering: .relaxed) } }
      }
      #expect(total.load(ordering: .relaxed) == 20 * 30 * 3)
    }
  }

  /// Callers on several threads at once, while the number of threads changes under them.
  @Test(.timeLimit(.minutes(1))) func callersBesideEachOther() async {
    let total = Atomic<Int>(0)
    let before = ThreadPool.threadCount
    DispatchQueue.concurrentPerform(iterations: 6) { caller in
      for round in 0..<300 {
        if caller == 0 { ThreadPool.threadCount = 1 + round % 5 }
        parallel(17) { total.wrappingAdd($0, ordering: .relaxed) }
      }
    }
    ThreadPool.threadCount = before
    #expect(total.load(ordering: .relaxed) == 6 * 300 * 136)
  }

  /// What was written inside is seen after the call, many short calls in a row.
  @Test(.timeLimit(.minutes(1))) func shortCalls() {
    withThreads(3) {
      var values = [Int](repeating: 0, count: 5)
      values.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer
        for round in 1...20_000 {
          parallel(5) { buffer[$0] += 1 }
          if buffer.contains(where: { $0 != round }) {
            Issue.record("round \(round): \(Array(buffer))")
            return
          }
        }
      }
    }
  }

  /// Every operation, on sizes that are cut into several pieces.
  static let operations: [(String, @Sendable () -> Tensor)] = {
    var random = SeededGenerator(seed: 1)
    let rows = random.tensor([700, 130])
    let row = random.tensor([130])
    let weight = random.tensor([200, 130])
    let picture = random.tensor([2, 19, 23, 24])
    let small = random.tensor([1, 9, 7, 24])
    let channels = random.tensor([24])
    let kernel = random.tensor([70, 3, 3, 24])
    let tokens = random.tensor([2, 300, 48])
    let keys = random.tensor([2, 330, 16])
    let query = random.tensor([2, 1, 48])
    let angles = random.tensor([300, 8])
    let long = random.tensor([90_001], in: -20...20)
    let blocks = random.blocks(.q4_1, scales: 2, rows: 300, columns: 512)
    let vector = random.tensor([1, 512])
    let vectors = random.tensor([5, 512])
    let perImage = random.tensor([2, 24])
    let geometry = ConvolutionGeometry(kernel: (3, 3), stride: 1, padding: 1)
    return [
      ("linear", { linear(rows, weight, bias: long[0..<200]) }),
      ("linear, one row", { linear(row.reshaped([1, 130]), weight) }),
      ("linear, bf16", { linear(rows, weight.converted(to: .bfloat16)) }),
      ("linear, blocks", { linear(vector, blocks) }),
      ("linear, blocks, whole panels", { linear(vectors, blocks[0..<288]) }),
      ("linear, blocks, cut panels", { linear(vectors, blocks) }),
      ("linear, blocks, two rows", { linear(.concatenating([vector, vector]), blocks) }),
      ("conv2d", { conv2d(picture, kernel, bias: nil, geometry) }),
      ("conv2d, few pixels", { conv2d(small, kernel, bias: nil, geometry) }),
      ("attention", { attention(tokens, keys, keys, heads: 3, kvHeads: 1) }),
      ("attention, causal", { attention(tokens, keys, keys, heads: 3, kvHeads: 1, causal: true) }),
      ("attention, one query", { attention(query, keys, keys, heads: 3, kvHeads: 1) }),
      ("attention, packed", { attention(tokens, tokens, tokens, heads: 3, causal: true) }),
      ("layerNorm", { layerNorm(rows, weight: row, bias: row, epsilon: 1e-5) }),
      ("rmsNorm", { rmsNorm(rows, weight: row, epsilon: 1e-5) }),
      (
        "groupNorm",
        { groupNorm(picture, groups: 4, weight: channels, bias: channels, epsilon: 1e-5, silu: true) }
      ),
      ("silu", { silu(long) }), ("gelu", { Activation.gelu(long) }), ("geglu", { geglu(rows) }),
      ("swiglu", { swiglu(gate: rows, up: rows) }),
      ("rotary", { rotaryEmbedding(tokens[0], heads: 3, cosines: angles, sines: angles) }),
      ("sum", { linearCombination(0.3, long, 0.7, long) }), ("addingRow", { rows.addingRow(row) }),
      ("addingPerImage", { picture.addingPerImage(perImage) }),
      ("modulated", { picture.modulatedPerImage(scale: perImage, shift: perImage) }),
      ("channelsFirst", { picture.channelsFirst() }),
      ("resizedNearest", { picture.resizedNearest(height: 31, width: 50) }),
      ("interleaving", { .interleaving([picture, picture, picture, picture]) }),
      ("concatenating", { .concatenating([picture, picture], axis: 3) }),
      ("fp16", { long.converted(to: .float16).float32() }),
      ("bf16", { long.converted(to: .bfloat16).float32() }),
      ("decoding", { blocks.float32() }),
    ]
  }()

  @Test(arguments: operations.indices) func resultsDoNotDependOnThreads(_ index: Int) {
    let (name, operation) = Self.operations[index]
    let expected = withThreads(1, operation).bitPatterns
    for threads in [2, 3, 8] {
      #expect(withThreads(threads, operation).bitPatterns == expected, "\(name) on \(threads) threads")
    }
  }
}
