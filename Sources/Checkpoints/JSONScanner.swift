/// Reads JSON in place, value by value, as its caller expects it. Unlike Foundation's parser it notices duplicate keys,
/// tells integers from booleans and fractions, and bounds its depth, all of which a hostile header tries.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private static let maximumDepth = 64

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// An object; `member` must read the value of each key.
  mutating func object(_ member: (inout JSONScanner, String) throws(Fault) -> Void) throws(Fault) {
    var keys = Set<String>()
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      guard keys.insert(key).inserted else { throw Fault("JSON names \(quoted(key)) twice") }
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  /// An array; `element` must read each value.
  mutating func array(_ element: (inout JSONScanner) throws(Fault) -> Void) throws(Fault) {
    try expect("[")
    if take("]") { return }
    repeat { try element(&self) } while take(",")
    try expect("]")
  }

  /// An integer without sign, fraction or exponent.
  mutating func natural() throws(Fault) -> Int {
    skipSpace()
    let start = position
    while let byte = peek, isDigit(byte) { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    let follows = peek.map { Character(Unicode.Scalar($0)) }
    guard let value = Int(digits), digits == "0" || !digits.hasPrefix("0"),
      follows.map({ !".eE".contains($0) }) ?? true
    else { throw fault("a non-negative integer below 2^63", at: start) }
    return value
  }

  mutating func string() throws(Fault) -> String {
    try expect("\"")
    var text = [UInt8]()
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw Fault("JSON string before byte \(position) is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += String(try escape()).utf8
      case ..<0x20: throw fault("no control character in a string", at: position - 1)
      default: text.append(byte)
      }
    }
    throw fault("a closing quote", at: position)
  }

  /// Passes over any value.
  mutating func skipValue(depth: Int = 0) throws(Fault) {
    guard depth < Self.maximumDepth else {
      throw Fault("JSON is nested deeper than \(Self.maximumDepth) levels")
    }
    skipSpace()
    switch peek.map({ Character(Unicode.Scalar($0)) }) {
    case "{": try object { (scanner, _) throws(Fault) in try scanner.skipValue(depth: depth + 1) }
    case "[": try array { (scanner) throws(Fault) in try scanner.skipValue(depth: depth + 1) }
    case "\"": _ = try string()
    default:
      let start = position
      while let byte = peek, isDigit(byte) || "+-.abcdefghijklmnopqrstuvwxyzE".utf8.contains(byte) {
        position += 1
      }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      guard ["true", "false", "null"].contains(word) || isNumber(word) else {
        throw fault("a value", at: start)
      }
    }
  }

  /// Only white space may be left.
  mutating func end() throws(Fault) {
    skipSpace()
    guard position == bytes.count else { throw fault("nothing more", at: position) }
  }

  // MARK: Characters

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Fault) {
    guard take(character) else { throw fault("'\(character)'", at: position) }
  }

  private mutating func escape() throws(Fault) -> Unicode.Scalar {
    let start = position
    guard let byte = peek else { throw fault("an escape", at: start) }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{08}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {  // the first half of a surrogate pair
        guard bytes[position...].starts(with: "\\u".utf8) else { throw fault("a surrogate pair", at: start) }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("a surrogate pair", at: start) }
      return scalar
    default: throw fault("an escape", at: start)
    }
  }

  private mutating func hexadecimal() throws(Fault) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits", at: position) }
    position += 4
    return code
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private func isNumber(_ word: String) -> Bool {
    guard word.utf8.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }), let last = word.utf8.last,
      isDigit(last), let first = word.utf8.first
    else { return false }
    return (isDigit(first) || first == UInt8(ascii: "-")) && Double(word) != nil
  }

  private func fault(_ expected: String, at position: Int) -> Fault {
    Fault("JSON is malformed at byte \(position): expected \(expected)")
  }
}
