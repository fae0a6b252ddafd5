/// GPT-2's way to write any byte as a printable character: printable Latin-1 stands for itself, the other 68 bytes
/// become U+0100 onwards, so that a space is "Ġ". Vocabularies of byte-level BPE are written in it.
enum ByteAlphabet {
  /// The UTF-8 of the character that stands for each byte.
  static let utf8: [[UInt8]] = scalars.map { Array(String(Character($0)).utf8) }

  /// The same in order of character instead of byte, as OpenAI numbered them.
  static let utf8InOrderOfCharacter: [[UInt8]] = scalars.sorted().map { Array(String(Character($0)).utf8) }

  private static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? " "
      }
    }
  }()

  /// The byte that each character stands for, by code point; −1 outside the alphabet.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  /// Appends the bytes that a token stands for: its own UTF-8 if some character is outside the alphabet, as added
  /// tokens may have.
  static func appendDecoded(_ token: ArraySlice<UInt8>, to output: inout [UInt8]) {
    let start = output.count
    var index = token.startIndex
    while index < token.endIndex {
      var code = Int(token[index])
      index += 1
      if code >= 0xC2, code <= 0xC5, index < token.endIndex {
        code = (code & 0x1F) << 6 | Int(token[index] & 0x3F)
        index += 1
      } else if code >= 0x80 {
        code = bytes.count
      }
      guard code < bytes.count, bytes[code] >= 0 else {
        output.removeSubrange(start...)
        output.append(contentsOf: token)
        return
      }
      output.append(UInt8(bytes[code]))
    }
  }
}
