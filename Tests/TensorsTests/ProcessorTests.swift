import Testing

@testable import Tensors

@Suite struct ProcessorTests {
  @Test func everyMachineHasTheGenericOne() {
    #expect(Processor.available.first == .generic)
    #expect(Processor.available.last == .best)
    #expect(Processor.current <= .best)
  }

  @Test func eachIncludesThoseBefore() {
    #expect(Processor.allCases == Processor.allCases.sorted())
    #expect(Processor.generic < .avx2 && Processor.avx512 < .avx512BF16)
  }
}
