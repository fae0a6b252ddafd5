import HeapModule

/// SentencePiece's byte-pair encoding (Kudo & Richardson 2018): of all neighbours that together are a piece, those with
/// the highest score merge first, the leftmost of equals. Characters without a piece become bytes or the unknown token.
struct SentencePieceModel: TokenModel {
  enum Kind: Int, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  var vocabulary: Vocabulary
  private let scores: [Float]
  private let kinds: [Kind]
  private let unknownID: Int
  private let byteTokens: ByteTokens?
  private let userDefined: AddedTokenMatcher

  /// - Parameters:
  ///   - pieces: in order of id; those of a kind other than normal, user-defined and unused take no part in merges.
  ///   - fallsBackToBytes: write unknown characters as their bytes.
  init(
    pieces: [(text: String, score: Float, kind: Kind)], unknownID: Int, fallsBackToBytes: Bool
  ) throws(TokenizerError) {
    var vocabulary = Vocabulary(minimumCapacity: pieces.count)
    for (id, piece) in pieces.enumerated() {
      guard !piece.text.isEmpty else { throw .wrongValue(key: "piece \(id)", expected: "a text") }
      guard piece.score.isFinite else { throw .wrongValue(key: "score of piece \(id)", expected: "a number") }
      try vocabulary.insert(piece.text, id: id)
    }
    self.vocabulary = vocabulary
    scores = pieces.map(\.score)
    kinds = pieces.map(\.kind)
    self.unknownID = unknownID
    byteTokens = fallsBackToBytes ? ByteTokens(vocabulary) : nil
    guard byteTokens?.isComplete ?? true else {
      throw .unknownToken(token: "<0x00> … <0xFF>", usedBy: "byte_fallback")
    }
    userDefined = AddedTokenMatcher(
      pieces.enumerated().filter { $1.kind == .userDefined }.map {
        AddedToken(id: $0, content: $1.text, isSpecial: false)
      })
  }

  /// A stretch of the text that is one symbol; merged away when its length is 0.
  private struct Symbol {
    var start: Int
    var length: Int
    var previous: Int
    var next: Int
    var isFrozen = false
  }

  /// Two neighbours that together are a piece.
  private struct Candidate: Comparable {
    var score: Float
    var left: Int
    var right: Int
    var length: Int

    static func < (a: Self, b: Self) -> Bool { (-a.score, a.left) < (-b.score, b.left) }
  }

  func encode(_ piece: ArraySlice<Unicode.Scalar>, into ids: inout [Int]) {
    let text = Self.utf8(piece)
    var symbols = symbols(of: text)
    var candidates = Heap<Candidate>()
    // Where the two halves of an unused piece meet, to take it apart again.
    var middles: [Int: Int] = [:]
    func propose(_ left: Int, _ right: Int) {
      guard left >= 0, right >= 0, !symbols[left].isFrozen, !symbols[right].isFrozen else { return }
      let length = symbols[left].length + symbols[right].length
      guard let id = id(of: text[symbols[left].start..<symbols[left].start + length]),
        kinds[id] == .normal || kinds[id] == .userDefined || kinds[id] == .unused
      else { return }
      if kinds[id] == .unused { middles[id] = symbols[left].length }
      candidates.insert(Candidate(score: scores[id], left: left, right: right, length: length))
    }
    for left in symbols.indices.dropLast() { propose(left, left + 1) }
    while let best = candidates.popMin() {
      let (left, right) = (best.left, best.right)
      guard symbols[left].length > 0, symbols[right].length > 0,
        symbols[left].length + symbols[right].length == best.length
      else { continue }
      symbols[left].length = best.length
      symbols[right].length = 0
      symbols[left].next = symbols[right].next
      if symbols[right].next >= 0 { symbols[symbols[right].next].previous = left }
      propose(symbols[left].previous, left)
      propose(left, symbols[left].next)
    }
    var wasUnknown = false
    var index = symbols.isEmpty ? -1 : 0
    while index >= 0 {
      let symbol = symbols[index]
      append(text[symbol.start..<symbol.start + symbol.length], middles, &wasUnknown, to: &ids)
      index = symbol.next
    }
  }

  /// Characters, and user-defined pieces, which stay whole.
  private func symbols(of text: [UInt8]) -> [Symbol] {
    var symbols: [Symbol] = []
    func add(_ start: Int, _ length: Int, isFrozen: Bool) {
      let index = symbols.count
      symbols.append(
        Symbol(start: start, length: length, previous: index - 1, next: index + 1, isFrozen: isFrozen))
    }
    var position = 0
    for part in userDefined.split(text, parsesSpecial: true) {
      switch part {
      case .token(let id):
        let length = vocabulary.utf8(of: id)?.count ?? 0
        add(position, length, isFrozen: true)
        position += length
      case .text(let range):
        while position < range.upperBound {
          let lead = text[position]
          let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
          add(position, length, isFrozen: false)
          position += length
        }
      }
    }
    if !symbols.isEmpty { symbols[symbols.count - 1].next = -1 }
    return symbols
  }

  /// Appends a symbol's id; unused pieces are taken apart.
  private func append(
    _ symbol: ArraySlice<UInt8>, _ middles: [Int: Int], _ wasUnknown: inout Bool, to ids: inout [Int]
  ) {
    var pending = [symbol]
    while let symbol = pending.popLast() {
      if let id = id(of: symbol), kinds[id] == .unused, let middle = middles[id] {
        pending.append(symbol.dropFirst(middle))
        pending.append(symbol.prefix(middle))
        continue
      }
      if let id = id(of: symbol), kinds[id] != .unknown {
        ids.append(id)
        wasUnknown = false
      } else if byteTokens?.append(symbol, to: &ids) != true {
        if !wasUnknown { ids.append(unknownID) }
        wasUnknown = true
      }
    }
  }

  /// The piece of that text; added tokens are none.
  private func id(of text: ArraySlice<UInt8>) -> Int? {
    text.withUnsafeBufferPointer { vocabulary.id(of: $0) }.flatMap { $0 < kinds.count ? $0 : nil }
  }
}
