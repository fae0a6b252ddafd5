import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct RotaryTests {
  @Test(
    arguments: [(1, 1, 2), (3, 2, 6), (5, 9, 64), (300, 3, 34), (0, 2, 4)],
    [RotaryPairing.halves, .neighbours])
  func turnsPairs(_ sizes: (rows: Int, heads: Int, size: Int), _ pairing: RotaryPairing) {
    var random = SeededGenerator(seed: 1)
    let (rows, heads, size) = sizes
    let half = size / 2
    let x = random.tensor([rows, heads * size])
    let angles = random.tensor([rows, half], in: -30...30).doubles
    let xs = x.doubles
    var expected = xs
    for row in 0..<rows {
      for head in 0..<heads {
        for i in 0..<half {
          let start = (row * heads + head) * size
          let (first, second) =
            pairing == .halves ? (start + i, start + i + half) : (start + 2 * i, start + 2 * i + 1)
          let (c, s) = (cos(angles[row * half + i]), sin(angles[row * half + i]))
          expected[first] = xs[first] * c - xs[second] * s
          expected[second] = xs[first] * s + xs[second] * c
        }
      }
    }
    let result = rotaryEmbedding(
      x, heads: heads, cosines: Tensor(doubles: angles.map(cos), shape: [rows, half]),
      sines: Tensor(doubles: angles.map(sin), shape: [rows, half]), pairing: pairing)
    expectClose(result, Tensor(doubles: expected, shape: x.shape), 3e-7)
  }
}
