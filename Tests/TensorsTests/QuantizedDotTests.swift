import TestSupport
import Testing

@testable import Tensors

@Suite struct QuantizedDotTests {
  @Test(arguments: [(DType.q8_0, 1), (.q4_0, 1), (.q4_1, 2)])
  func equalsDecodingFirst(_ type: DType, _ scales: Int) {
    var random = SeededGenerator(seed: 1)
    for (rows, columns) in [(65, 32), (70, 64), (200, 576), (64, 1536)] {
      let weight = random.blocks(type, scales: scales, rows: rows, columns: columns)
      let x = random.tensor([1, columns])
      expectClose(linear(x, weight), linear(x, weight.float32()), 1e-5, "\(type) \(rows)×\(columns)")
    }
  }
}
