/// Reads JSON from UTF-8 bytes. Foundation's reader compares keys by canonical equivalence, which would unite tokens
/// that differ, and takes seconds for a large vocabulary.
struct JSONParser {
  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  /// Nesting beyond this is no tokenizer file and would overflow the stack.
  private static let maximumDepth = 64

  /// Parses a whole file; `file` names it in errors.
  static func parse(_ bytes: [UInt8], file: String) throws(TokenizerError) -> JSONNode {
    var parser = JSONParser(bytes: bytes, file: file)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.error("text after the end of the value") }
    return JSONNode(value)
  }

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  private mutating func value(depth: Int) throws(TokenizerError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw error("nested too deeply") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(TokenizerError) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = []
    position += 1
    if skip(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw error("expected a key") }
      let key = try string()
      guard skip(UInt8(ascii: ":")) else { throw error("expected ':'") }
      members.append((key, try value(depth: depth + 1)))
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "}")) else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(TokenizerError) -> JSONValue {
    var items: [JSONValue] = []
    position += 1
    if skip(UInt8(ascii: "]")) { return .array(items) }
    repeat { items.append(try value(depth: depth + 1)) } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "]")) else { throw error("expected ',' or ']'") }
    return .array(items)
  }

  private mutating func string() throws(TokenizerError) -> String {
    position += 1
    let start = position
    var unescaped: [UInt8]?
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        if unescaped == nil { unescaped = Array(bytes[start..<position - 1]) }
        unescaped?.append(contentsOf: String(try escape()).utf8)
      } else {
        unescaped?.append(byte)
      }
    }
    guard peek != nil else { throw error("unfinished string") }
    position += 1
    let text =
      unescaped.map { String(validating: $0, as: UTF8.self) }
      ?? String(validating: bytes[start..<position - 1], as: UTF8.self)
    guard let text else { throw error("string is not UTF-8") }
    return text
  }

  /// The character of an escape whose backslash has been read.
  private mutating func escape() throws(TokenizerError) -> Character {
    guard let byte = peek else { throw error("unfinished string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return Character(try unicodeEscape())
    default: throw error("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(TokenizerError) -> Unicode.Scalar {
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), skipExactly("\\u") {
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(TokenizerError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func number() throws(TokenizerError) -> JSONValue {
    let start = position
    while let byte = peek, byte > 0x20, byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"),
      byte != UInt8(ascii: "}")
    {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    if let number = Double(text), number.isFinite { return .number(number) }
    position = start
    throw error("expected a value")
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(TokenizerError) -> JSONValue {
    guard skipExactly(text) else { throw error("expected a value") }
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipExactly(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private func error(_ reason: String) -> TokenizerError {
    .malformedJSON(file: file, offset: position, reason: reason)
  }
}
