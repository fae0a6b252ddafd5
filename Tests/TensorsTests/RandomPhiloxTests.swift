import Testing

@testable import Tensors

struct RandomPhiloxTests {
  /// The known answers published with Random123.
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
    ),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    ),
  ]) func knownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, answer: [UInt32]) {
    let words = Philox.block(counter: counter, key: key)
    #expect((0..<4).map { words[$0] } == answer)
  }

  /// What `torch.randn(3, 4, device="cuda")` prints for seed 0, as documented by A1111's emulation of it.
  @Test func publishedFirstDraw() {
    let expected: [Float] = [
      -0.92466259, -0.42534415, -2.6438457, 0.14518388, -0.12086647, -0.57972564, -0.62285122, -0.32838709,
      -1.07454231, -0.36314407, -1.67105067, 2.26550497,
    ]
    var source = CUDARandomSource(seed: 0)
    for (sample, reference) in zip(source.normal(12), expected) {
      #expect(abs(sample - reference) < 1e-6)
    }
  }
}
