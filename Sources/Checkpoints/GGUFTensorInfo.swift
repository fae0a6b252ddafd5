import Tensors

/// One tensor's entry in the head of a GGUF file.
struct GGUFTensorInfo {
  let name: String
  let dtype: DType
  /// Row-major, the reverse of the file's order.
  let shape: [Int]
  /// From the start of the data.
  let offset: Int
  let byteCount: Int

  /// The least an entry takes: an empty name, no dimensions.
  static let minimumBytes = 8 + 4 + 4 + 8

  init(_ reader: inout GGUFReader) throws(Fault) {
    name = try reader.string()
    let dimensionCount = try reader.integer(UInt32.self)
    guard dimensionCount <= 4 else { throw Fault("tensor \(quoted(name)) has \(dimensionCount) dimensions") }
    var dimensions: [UInt64] = []
    for _ in 0..<dimensionCount { dimensions.append(try reader.integer()) }
    dimensions.reverse()
    let type = try reader.integer(UInt32.self)
    guard let dtype = DType(ggmlType: type) else {
      throw Fault("tensor \(quoted(name)) is stored as \(ggmlTypeName(type)), which is not supported")
    }
    let shape = dimensions.compactMap { Int(exactly: $0) }
    guard shape.count == dimensions.count, let byteCount = dtype.byteCount(of: shape) else {
      throw Fault(
        "tensor \(quoted(name)) has the impossible shape \(dimensions) for its type \(ggmlTypeName(type))")
    }
    let offset = try reader.integer(UInt64.self)
    guard let offset = Int(exactly: offset), !offset.addingReportingOverflow(byteCount).overflow else {
      throw Fault("tensor \(quoted(name)) lies at the impossible offset \(offset)")
    }
    (self.dtype, self.shape, self.offset, self.byteCount) = (dtype, shape, offset, byteCount)
  }
}

extension DType {
  private static let ggmlTypes: [(UInt32, DType)] = [
    (0, .float32), (1, .float16), (2, .q4_0), (3, .q4_1), (6, .q5_0), (7, .q5_1), (8, .q8_0), (12, .q4K),
    (13, .q5K), (14, .q6K), (24, .int8), (25, .int16), (26, .int32), (27, .int64), (28, .float64),
    (30, .bfloat16),
  ]

  fileprivate init?(ggmlType type: UInt32) {
    guard let (_, known) = Self.ggmlTypes.first(where: { $0.0 == type }) else { return nil }
    self = known
  }

  /// GGML's number of the type; nil for types that it does not know.
  var ggmlType: UInt32? { Self.ggmlTypes.first { $0.1 == self }?.0 }
}

private func ggmlTypeName(_ type: UInt32) -> String {
  let names = [
    "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K",
    "Q5_K",
    "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8",
    "I16",
    "I32", "I64", "F64", "IQ1_M", "BF16",
  ]
  return type < names.count ? names[Int(type)] : "type \(type)"
}
