import TestSupport
import Testing

@testable import Tensors

@Suite struct QuantizedDotTests {
  /// Random blocks, `scales` of ordinary size at the start of each.
  func blocks(_ type: DType, scales: Int, rows: Int, columns: Int) -> Tensor {
    let storage = Storage(byteCount: rows * columns / 32 * type.blockBytes)
    for block in 0..<rows * columns / 32 {
      let bytes = storage.base + block * type.blockBytes
      for i in 0..<type.blockBytes {
        bytes.storeBytes(of: .random(in: 0...255), toByteOffset: i, as: UInt8.self)
      }
      for i in 0..<scales {
        // The upper half of an fp16 of magnitude 2⁻⁷…2⁻⁵.
        bytes.storeBytes(of: .random(in: 0x20...0x27), toByteOffset: 2 * i + 1, as: UInt8.self)
      }
    }
    return Tensor(storage: storage, byteOffset: 0, shape: [rows, columns], dtype: type)
  }

  @Test(arguments: [(DType.q8_0, 1), (.q4_0, 1), (.q4_1, 2)])
  func equalsDecodingFirst(_ type: DType, _ scales: Int) {
    for (rows, columns) in [(65, 32), (70, 64), (200, 576), (64, 1536)] {
      let weight = blocks(type, scales: scales, rows: rows, columns: columns)
      let x = Tensor((0..<columns).map { _ in .random(in: -1...1) }, shape: [1, columns])
      expectClose(linear(x, weight), linear(x, weight.float32()), 1e-5, "\(type) \(rows)×\(columns)")
    }
  }
}
