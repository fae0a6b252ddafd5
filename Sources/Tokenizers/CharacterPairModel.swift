/// Byte-pair encoding over characters, as `tokenizer.json` holds SentencePiece vocabularies: the characters of a piece
/// merge in the order of a list. Characters without a token become bytes or the unknown token.
struct CharacterPairModel: TokenModel {
  var vocabulary: Vocabulary
  let merges: MergeTable
  let ignoresMerges: Bool
  let unknownID: Int?
  /// One unknown token for a run of them.
  let fusesUnknown: Bool
  let byteTokens: ByteTokens?
  /// Tokens of the model itself; added ones have higher ids or were there before.
  private let count: Int

  init(_ model: BytePairModel, byteTokens: ByteTokens?) {
    vocabulary = model.vocabulary
    merges = model.merges
    ignoresMerges = model.ignoresMerges
    unknownID = model.unknownID
    fusesUnknown = model.fusesUnknown
    self.byteTokens = byteTokens
    count = model.ownCount
  }

  func encode(_ piece: ArraySlice<Unicode.Scalar>, into ids: inout [Int]) {
    if ignoresMerges, let id = id(of: Self.utf8(piece)) {
      ids.append(id)
      return
    }
    var symbols: [Int] = []
    var wasUnknown = false
    for scalar in piece {
      let bytes = UTF8.encode(scalar).map(Array.init) ?? []
      if let id = id(of: bytes) {
        symbols.append(id)
        wasUnknown = false
      } else if byteTokens?.append(bytes, to: &symbols) == true {
        wasUnknown = false
      } else if let unknownID {
        if !(fusesUnknown && wasUnknown) { symbols.append(unknownID) }
        wasUnknown = true
      }
    }
    var merged = symbols.map(Int32.init)
    merges.apply(to: &merged)
    ids.append(contentsOf: merged.lazy.map(Int.init))
  }

  private func id(of text: [UInt8]) -> Int? { vocabulary.id(of: text).flatMap { $0 < count ? $0 : nil } }
}
