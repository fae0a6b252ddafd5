import TestSupport
import Testing

@testable import Tensors

@Suite struct InterleavingTests {
  @Test(arguments: [[1, 1, 1, 1], [2, 3, 5, 7], [1, 4, 1, 2], [0, 2, 2, 1], [3, 1, 6, 16]])
  func putsEachPixelInItsPlace(_ shape: [Int]) {
    var random = SeededGenerator(seed: 1)
    let phases = (0..<4).map { _ in random.tensor(shape) }
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
    let parts = phases.map(\.floats)
    var expected: [Float] = []
    for image in 0..<n {
      for y in 0..<2 * h {
        for x in 0..<2 * w {
          let pixel = ((image * h + y / 2) * w + x / 2) * c
          expected += parts[y % 2 * 2 + x % 2][pixel..<pixel + c]
        }
      }
    }
    let result = Tensor.interleaving(phases)
    #expect(result.shape == [n, 2 * h, 2 * w, c])
    #expect(result.floats == expected)
  }
}
