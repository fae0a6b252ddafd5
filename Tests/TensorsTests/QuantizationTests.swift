import TestSupport
import Testing

@testable import Tensors

struct QuantizationTests {
  /// Blocks of every kind, bit for bit as the `gguf` package decodes them (Tests/Fixtures/checkpoints/make.py).
  @Test(arguments: [DType.q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q4K, .q5K, .q6K])
  func decodesAsGGML(dtype: DType) throws {
    let names: [DType: String] = [.q4K: "q4_k", .q5K: "q5_k", .q6K: "q6_k"]
    let name = names[dtype] ?? dtype.rawValue
    let expected = try #require(try Fixture.tensors("checkpoints/blocks-decoded.safetensors")[name])
    let blocks = try Fixture.weights("checkpoints/blocks.gguf").tensor(name, expected.shape)
    #expect(blocks.dtype == dtype)
    #expect(blocks.floats.map(\.bitPattern) == expected.floats.map(\.bitPattern))
    #expect(blocks[2].floats.map(\.bitPattern) == expected[2].floats.map(\.bitPattern))
  }
}
