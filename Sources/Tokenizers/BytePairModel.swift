/// Byte-level byte-pair encoding: the pieces of a text become their bytes, and the bytes merge into tokens.
struct BytePairModel: TokenModel {
  var vocabulary: Vocabulary
  let merges: MergeTable
  /// Take a piece that is a token as it is, whatever the merges say (Llama-3).
  let ignoresMerges: Bool
  /// The token for a byte that the vocabulary lacks; without one such bytes are dropped, as the reference does.
  let unknownID: Int?
  /// One unknown token for a run of them.
  let fusesUnknown: Bool
  /// One more than the highest id of the model itself, without added tokens.
  let ownCount: Int
  /// The token of each byte, and of each byte at the end of a piece; −1 where there is none.
  private let byteIDs: [Int32]
  private let finalByteIDs: [Int32]

  /// - Parameter endOfWordSuffix: what the last character of a piece carries in the vocabulary (CLIP's `</w>`).
  init(
    vocabulary: Vocabulary, merges: MergeTable, ignoresMerges: Bool = false, unknownID: Int? = nil,
    fusesUnknown: Bool = false, endOfWordSuffix: String = ""
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.ignoresMerges = ignoresMerges
    self.unknownID = unknownID
    self.fusesUnknown = fusesUnknown
    ownCount = vocabulary.count
    byteIDs = ByteAlphabet.utf8.map { Int32(vocabulary.id(of: $0) ?? -1) }
    finalByteIDs = ByteAlphabet.utf8.map { Int32(vocabulary.id(of: $0 + Array(endOfWordSuffix.utf8)) ?? -1) }
  }

  /// Appends the ids of one piece of text.
  func encode(_ piece: ArraySlice<Unicode.Scalar>, into ids: inout [Int]) {
    let bytes = Self.utf8(piece)
    if ignoresMerges, let id = vocabulary.id(of: bytes.flatMap { ByteAlphabet.utf8[Int($0)] }) {
      ids.append(id)
      return
    }
    var symbols: [Int32] = []
    symbols.reserveCapacity(bytes.count)
    var previousIsUnknown = false
    for (index, byte) in bytes.enumerated() {
      let id = index == bytes.count - 1 ? finalByteIDs[Int(byte)] : byteIDs[Int(byte)]
      if id >= 0 {
        symbols.append(id)
      } else if let unknownID, !(fusesUnknown && previousIsUnknown) {
        symbols.append(Int32(unknownID))
      }
      previousIsUnknown = id < 0
    }
    merges.apply(to: &symbols)
    ids.append(contentsOf: symbols.lazy.map(Int.init))
  }
}
