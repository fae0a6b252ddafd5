/// How the elements of a tensor are stored. Block types are GGML's: a run of elements shares its scales.
public enum DType: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  case int64, int32, int16, int8, uint8, bool
  case q8_0, q4_0, q4_1, q5_0, q5_1, q4K, q5K, q6K

  /// Elements that are stored together; rows must hold a whole number of blocks.
  public var blockSize: Int {
    switch self {
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1: 32
    case .q4K, .q5K, .q6K: 256
    default: 1
    }
  }

  /// Bytes of one block (of one element where `blockSize` is 1).
  public var blockBytes: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    case .q8_0: 34
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q4K: 144
    case .q5K: 176
    case .q6K: 210
    }
  }

  public var isFloatingPoint: Bool {
    switch self {
    case .int64, .int32, .int16, .int8, .uint8, .bool: false
    default: true
    }
  }

  /// Bytes that `shape` takes; nil if that overflows, a dimension is negative or a row is not a whole number of blocks.
  public func byteCount(of shape: [Int]) -> Int? {
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      count = product
    }
    guard (shape.last ?? 1) % blockSize == 0 else { return nil }
    let (bytes, overflow) = (count / blockSize).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }
}
