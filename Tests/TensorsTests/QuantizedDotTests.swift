import TestSupport
import Testing

@testable import Tensors

@Suite struct QuantizedDotTests {
  @Test(arguments: [(DType.q8_0, 1), (.q4_0, 1), (.q4_1, 2)])
  func equalsDecodingFirst(_ type: DType, _ scales: Int) {
    var random = SeededGenerator(seed: 1)
    for (rows, columns) in [(65, 32), (70, 64), (200, 576), (64, 1536)] {
      let weight = random.blocks(type, scales: scales, rows: rows, columns: columns)
      for count in 1...QuantizedDot.mostRows + 1 {
        let x = random.tensor([count, columns])
        expectClose(
          linear(x, weight), linear(x, weight.float32()), 1e-5, "\(type) \(count)×\(rows)×\(columns)")
      }
    }
  }
}
