import Tensors
import TestSupport
import Testing

@Suite struct ProductTests {
  private static func reference(_ x: Tensor, _ w: Tensor) -> Tensor {
    let (m, n, k) = (x.shape[0], w.shape[0], w.shape[1])
    let (x, w) = (x.doubles, w.doubles)
    var result = [Double](repeating: 0, count: m * k)
    for i in 0..<m { for j in 0..<n { for c in 0..<k { result[i * k + c] += x[i * n + j] * w[j * k + c] } } }
    return Tensor(doubles: result, shape: [m, k])
  }

  @Test(arguments: [(1, 1, 1), (1, 70, 33), (5, 9, 7), (3, 40, 600), (530, 20, 70), (17, 0, 4)])
  func equalsTheSum(_ m: Int, _ n: Int, _ k: Int) {
    var random = SeededGenerator(seed: 7)
    let (x, w) = (random.tensor([m, n]), random.tensor([n, k]))
    expectClose(product(x, w), Self.reference(x, w), 1e-6)
    #expect(product(x.reshaped([1, m, n]), w).shape == [1, m, k])
  }

  /// Rows enough for two panels.
  @Test(arguments: [DType.q8_0, .q4_1]) func decodesBlocks(_ type: DType) {
    var random = SeededGenerator(seed: 8)
    let w = random.blocks(type, scales: type == .q8_0 ? 1 : 2, rows: 1100, columns: 64)
    let x = random.tensor([3, 1100])
    expectClose(product(x, w), Self.reference(x, w.float32()), 1e-6)
  }

  @Test func threadsDoNotMatter() {
    var random = SeededGenerator(seed: 9)
    let (x, w) = (random.tensor([300, 96]), random.tensor([96, 700]))
    defer { ThreadPool.threadCount = 2 }
    let results = [1, 2, 3].map { threads in
      ThreadPool.threadCount = threads
      return product(x, w).bitPatterns
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}
