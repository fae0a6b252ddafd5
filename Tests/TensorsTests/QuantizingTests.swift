import TestSupport
import Tensors
import Testing

/// Blocks against gguf's reference quantizers, byte for byte (`Tests/Fixtures/formats/quantized.py`).
struct QuantizingTests {
  @Test(arguments: [DType.q8_0, .q4_0]) func equalsGGUF(_ type: DType) throws {
    let fixture = try Fixture.tensors("formats/quantized.safetensors")
    let values = try #require(fixture["values"])
    let expected = try #require(fixture[type.rawValue])
    let quantized = values.quantized(to: type)
    #expect(quantized.shape == values.shape && quantized.dtype == type)
    quantized.withBytes { bytes in expected.withBytes { #expect(bytes.elementsEqual($0)) } }
  }

  /// Scales too small for fp16, or whose inverse overflows, give zeros and no trap.
  @Test(arguments: [DType.q8_0, .q4_0]) func tinyValues(_ type: DType) {
    for value in [Float.leastNonzeroMagnitude, 1e-39, 1e-30, -1e-10] {
      let quantized = Tensor(repeating: value, shape: [1, 32]).quantized(to: type)
      #expect(quantized.isFinite && quantized.floats.allSatisfy { abs($0) < 1e-7 })
    }
  }

  @Test func otherTypesFirstBecomeNumbers() {
    let values = Tensor((0..<64).map { Float($0) - 31 }, shape: [2, 32])
    let direct = values.quantized(to: .q8_0)
    #expect(values.converted(to: .float16).quantized(to: .q8_0).floats == direct.floats)
    #expect(direct.quantized(to: .q8_0).floats == direct.floats)
  }
}
