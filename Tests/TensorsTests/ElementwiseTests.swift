import TestSupport
import Testing

@testable import Tensors

@Suite struct ElementwiseTests {
  static let shapes = [[], [0], [1], [3, 0, 2], [17, 3], [1, 40_000], [5, 7, 11]]

  @Test(arguments: shapes) func arithmetic(_ shape: [Int]) {
    var random = SeededGenerator(seed: 1)
    let (x, y) = (random.tensor(shape), random.tensor(shape))
    func expected(_ f: (Double, Double) -> Double) -> Tensor {
      Tensor(doubles: zip(x.doubles, y.doubles).map(f), shape: shape)
    }
    expectClose(x + y, expected(+), 1e-7)
    expectClose(x - y, expected(-), 1e-7)
    expectClose(x * y, expected(*), 1e-7)
    expectClose(linearCombination(0.3, x, -1.7, y), expected { 0.3 * $0 - 1.7 * $1 }, 2e-7)
    expectClose(2.5 * x, expected { x, _ in 2.5 * x }, 1e-7)
    expectClose(x + 0.25, expected { x, _ in x + 0.25 }, 1e-7)
    expectClose(x / 3, expected { x, _ in x / 3 }, 2e-7)
    expectClose(x.clamped(-0.5...0.25), expected { x, _ in min(max(x, -0.5), 0.25) }, 0)
  }

  @Test func nonFiniteValuesStay() {
    let x = Tensor([.nan, .infinity, -.infinity, 1], shape: [4])
    let limited = x.clamped(-1...1).floats
    #expect(limited[0].isNaN && limited[1...] == [1, -1, 1])
    #expect((x - x).floats.prefix(3).allSatisfy { $0.isNaN })
    #expect((x + Float(1)).floats[1] == .infinity)
  }

  @Test(arguments: [(0, 3, 4), (1, 1, 1), (2, 5, 7), (3, 1, 33), (2, 300, 129), (1, 2, 40_000), (2, 4, 0)])
  func rows(_ images: Int, _ positions: Int, _ columns: Int) {
    var random = SeededGenerator(seed: 2)
    let x = random.tensor([images, positions, columns])
    let row = random.tensor([columns])
    let perImage = random.tensor([images, columns])
    let (values, r, p) = (x.doubles, row.doubles, perImage.doubles)
    expectClose(
      x.addingRow(row), Tensor(doubles: values.indices.map { values[$0] + r[$0 % columns] }, shape: x.shape),
      1e-7)
    expectClose(
      x.addingPerImage(perImage),
      Tensor(
        doubles: values.indices.map { values[$0] + p[$0 / (positions * columns) * columns + $0 % columns] },
        shape: x.shape),
      1e-7)
  }
}
