/// Decodes tokens one by one as a model makes them. A character whose bytes are spread over tokens appears whole, with
/// the last of them; all that is returned, joined, is what `Tokenizer.decode` gives for all ids.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var pending: [UInt8] = []
  private var isAtStart: Bool

  /// - Parameter startsText: whether the tokens start a text or go on with one, where a first space stays.
  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true, startsText: Bool = true) {
    self.tokenizer = tokenizer
    isAtStart = startsText
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The text that this token completes, empty while a character is incomplete.
  public mutating func append(_ id: Int) -> String {
    tokenizer.appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, to: &pending)
    if isAtStart, !pending.isEmpty {
      if tokenizer.startsWithAddedSpace(pending) { pending.removeFirst() }
      isAtStart = false
    }
    let complete = pending.count - Self.lengthOfIncompleteEnd(pending)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// What an incomplete character left, as U+FFFD; empty if the text ended well.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The number of bytes at the end that begin a character and lack its rest.
  private static func lengthOfIncompleteEnd(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if byte & 0xC0 == 0x80 { continue }
      let expected = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length < expected ? length : 0
    }
    return 0
  }
}
