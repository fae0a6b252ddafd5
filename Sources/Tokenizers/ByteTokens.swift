/// The tokens `<0x00>` … `<0xFF>`, which stand for the bytes of characters that a vocabulary lacks.
struct ByteTokens: Sendable {
  /// The token of each byte; −1 where there is none.
  private let ids: [Int32]
  private let bytes: [Int: UInt8]

  init(_ vocabulary: Vocabulary) {
    let ids = (0...UInt8.max).map { Int32(vocabulary.id(of: Self.name(of: $0)) ?? -1) }
    self.ids = ids
    bytes = Dictionary(
      ids.enumerated().filter { $1 >= 0 }.map { (Int($1), UInt8($0)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whether every byte has its token.
  var isComplete: Bool { bytes.count == 256 }

  /// The byte that a token stands for; nil if it is none of these.
  func byte(of id: Int) -> UInt8? { bytes[id] }

  /// Appends the tokens of a character's bytes; false, and nothing, if one of them is missing.
  func append(_ character: some Collection<UInt8>, to output: inout [Int]) -> Bool {
    guard character.allSatisfy({ ids[Int($0)] >= 0 }) else { return false }
    output.append(contentsOf: character.lazy.map { Int(ids[Int($0)]) })
    return true
  }

  static func name(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }
}
