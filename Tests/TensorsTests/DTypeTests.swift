import Testing

@testable import Tensors

@Suite struct DTypeTests {
  @Test func byteCounts() {
    #expect(DType.float32.byteCount(of: []) == 4)
    #expect(DType.bfloat16.byteCount(of: [3, 5]) == 30)
    #expect(DType.q4_1.byteCount(of: [7, 64]) == 7 * 2 * 20)
    #expect(DType.q6K.byteCount(of: [2, 512]) == 4 * 210)
    for type in DType.allCases { #expect(type.byteCount(of: [0, 256]) == 0) }
  }

  @Test func impossibleShapes() {
    for type in DType.allCases {
      #expect(type.byteCount(of: [-1]) == nil)
      #expect(type.byteCount(of: [-1, -256]) == nil)
      #expect(type.byteCount(of: [Int.max, 256]) == nil)
      #expect(type.byteCount(of: [1 << 32, 1 << 32]) == nil)
    }
    #expect(DType.float32.byteCount(of: [1 << 61]) == nil)
    #expect(DType.float64.byteCount(of: [1 << 30, 1 << 30]) == nil)
    #expect(DType.int8.byteCount(of: [Int.max]) == Int.max)
  }

  @Test func rowsAreWholeBlocks() {
    for type in DType.allCases where type.blockSize > 1 {
      #expect(type.byteCount(of: []) == nil)
      #expect(type.byteCount(of: [type.blockSize, 1]) == nil)
      #expect(type.byteCount(of: [1, type.blockSize + 16]) == nil)
    }
  }
}
