/// Reads the fields of one Protocol Buffers message, of which SentencePiece's files are made. Lengths are checked against
/// the bytes that are there.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    case bits32(UInt32)
    case bits64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private let file: String

  init(_ bytes: ArraySlice<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    position = bytes.startIndex
  }

  /// The next field; nil at the end.
  mutating func next() throws(TokenizerError) -> (number: Int, value: Value)? {
    guard position < bytes.endIndex else { return nil }
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw malformed("a field has an impossible number") }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0: return (number, .integer(try varint()))
    case 1: return (number, .bits64(try little(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.endIndex - position) else {
        throw malformed("a field ends beyond the file")
      }
      defer { position += Int(length) }
      return (number, .bytes(bytes[position..<position + Int(length)]))
    case 5: return (number, .bits32(UInt32(truncatingIfNeeded: try little(4))))
    default: throw malformed("a field is of an unknown type")
    }
  }

  func malformed(_ reason: String) -> TokenizerError {
    .malformedProtobuf(file: file, offset: position, reason: reason)
  }

  private mutating func varint() throws(TokenizerError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < bytes.endIndex else { throw malformed("the file is truncated") }
      let byte = bytes[position]
      position += 1
      if shift < 64 { value |= UInt64(byte & 0x7F) << UInt64(shift) }
      if byte < 0x80 { return value }
    }
    throw malformed("a number is too long")
  }

  private mutating func little(_ count: Int) throws(TokenizerError) -> UInt64 {
    guard count <= bytes.endIndex - position else { throw malformed("the file is truncated") }
    defer { position += count }
    return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
