import Tensors

/// The JSON at the head of a safetensors file: where each tensor lies in the data that follows.
struct SafetensorsHeader {
  struct Entry {
    let dtype: DType
    let shape: [Int]
    let offsets: Range<Int>
  }

  private(set) var entries: [String: Entry] = [:]
  private(set) var metadata: [String: String] = [:]

  init(_ json: UnsafeRawBufferPointer) throws(Fault) {
    var scanner = JSONScanner(json)
    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]
    try scanner.object { (scanner, name) throws(Fault) in
      if name == "__metadata__" {
        try scanner.object { (scanner, key) throws(Fault) in metadata[key] = try scanner.string() }
      } else {
        entries[name] = try Self.entry(named: name, &scanner)
      }
    }
    try scanner.end()
    (self.entries, self.metadata) = (entries, metadata)
  }

  private static func entry(named name: String, _ scanner: inout JSONScanner) throws(Fault) -> Entry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(Fault) in
      switch key {
      case "dtype": typeName = try scanner.string()
      case "shape": shape = try scanner.naturals()
      case "data_offsets": offsets = try scanner.naturals()
      default: try scanner.skipValue()
      }
    }
    guard let typeName, let shape, let offsets, offsets.count == 2 else {
      throw Fault("tensor \(quoted(name)) lacks a dtype, a shape or two data_offsets")
    }
    guard let dtype = DType(safetensorsName: typeName) else {
      throw Fault("tensor \(quoted(name)) is stored as \(quoted(typeName)), which is not supported")
    }
    guard offsets[0] <= offsets[1] else {
      throw Fault("tensor \(quoted(name)) begins at \(offsets[0]) but ends at \(offsets[1])")
    }
    guard let bytes = dtype.byteCount(of: shape) else {
      throw Fault("tensor \(quoted(name)) has the impossible shape \(shape)")
    }
    guard bytes == offsets[1] - offsets[0] else {
      throw Fault(
        "tensor \(quoted(name)) of shape \(shape) and type \(typeName) needs \(bytes) bytes, has \(offsets[1] - offsets[0])"
      )
    }
    return Entry(dtype: dtype, shape: shape, offsets: offsets[0]..<offsets[1])
  }

  /// The tensors must follow each other without holes or overlaps and fill `byteCount` bytes.
  func checkTiling(of byteCount: Int) throws(Fault) {
    var end = 0
    let ordered = entries.sorted {
      ($0.value.offsets.lowerBound, $0.value.offsets.upperBound)
        < ($1.value.offsets.lowerBound, $1.value.offsets.upperBound)
    }
    for (name, entry) in ordered {
      let start = entry.offsets.lowerBound
      guard start == end else {
        throw Fault(
          "tensor \(quoted(name)) \(start < end ? "overlaps the one before it" : "leaves a hole before it")")
      }
      end = entry.offsets.upperBound
    }
    guard end == byteCount else {
      throw Fault(
        end > byteCount
          ? "truncated: its tensors need \(end) bytes, \(byteCount) are there"
          : "\(byteCount - end) bytes follow its last tensor")
    }
  }
}

extension JSONScanner {
  fileprivate mutating func naturals() throws(Fault) -> [Int] {
    var values: [Int] = []
    try array { (scanner) throws(Fault) in
      guard values.count < 64 else { throw Fault("a tensor has more than 64 dimensions") }
      values.append(try scanner.natural())
    }
    return values
  }
}

extension DType {
  private static let safetensorsNames: [(DType, String)] = [
    (.float64, "F64"), (.float32, "F32"), (.float16, "F16"), (.bfloat16, "BF16"), (.int64, "I64"),
    (.int32, "I32"), (.int16, "I16"), (.int8, "I8"), (.uint8, "U8"), (.bool, "BOOL"),
  ]

  fileprivate init?(safetensorsName name: String) {
    guard let (type, _) = Self.safetensorsNames.first(where: { $1 == name }) else { return nil }
    self = type
  }

  /// Nil for types that the format does not know.
  var safetensorsName: String? { Self.safetensorsNames.first { $0.0 == self }?.1 }
}
