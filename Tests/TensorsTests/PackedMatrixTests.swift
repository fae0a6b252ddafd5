import TestSupport
import Testing

@testable import Tensors

@Suite struct PackedMatrixTests {
  @Test(arguments: [Precision.f32, .bf16], [false, true])
  func unpacks(_ precision: Precision, _ gated: Bool) throws {
    var random = SeededGenerator(seed: 1)
    for (outputs, inputs) in [(1, 1), (70, 6), (128, 18), (64, 2)] {
      let weight = random.tensor([outputs, inputs])
      let packed = try #require(PackedMatrix(weight, precision: precision, gated: gated))
      #expect(packed.unpacked().floats == weight.converted(to: packed.dtype).floats)
    }
  }

  /// Taps come first, then the inputs of each.
  @Test func convolutionWeights() throws {
    var random = SeededGenerator(seed: 2)
    let weight = random.tensor([5, 6, 3, 2])
    let packed = try #require(PackedMatrix(weight, precision: .f32))
    #expect(packed.taps == 6 && packed.depth == 6)
    #expect(packed.unpacked().floats == weight.swapping(1..<2, 2..<4).floats)
  }

  @Test(arguments: [DType.float16, .bfloat16]) func storedTypes(_ dtype: DType) throws {
    var random = SeededGenerator(seed: 3)
    let weight = random.tensor([67, 10]).converted(to: dtype)
    #expect(try #require(PackedMatrix(weight)).unpacked().floats == weight.floats)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [Precision.f32, .bf16])
  func refusesWhatIsNotFinite(_ value: Float, _ precision: Precision) {
    for position in [0, 100, 65 * 20 - 1] {
      var weight = Tensor.zeros([65, 20])
      weight.withMutableFloats { $0[position] = value }
      #expect(PackedMatrix(weight, precision: precision) == nil)
    }
  }

  /// Half the memory of fp32, whatever the file holds.
  @Test func size() throws {
    let weight = Tensor.zeros([128, 30, 3, 3])
    #expect(try #require(PackedMatrix(weight, precision: .bf16)).byteCount == weight.count * 2)
    #expect(try #require(PackedMatrix(weight)).byteCount == weight.count * 4)
  }
}
