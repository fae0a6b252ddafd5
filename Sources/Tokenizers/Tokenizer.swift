/// Byte-pair encoding, byte-level as in GPT-2, SmolLM, Llama-3 and Qwen-2 or SentencePiece's as in Llama 1 and 2 and
/// Vicuna: text to token ids and back, with the ids of the `tokenizers` and `sentencepiece` libraries.
public struct Tokenizer: Sendable {
  /// The tokens that start and end a text; nil where the model has none.
  public let bosID: Int?
  public let eosID: Int?
  public let padID: Int?
  /// The Jinja source of the model's chat template.
  public let chatTemplate: String?

  let model: any TokenModel
  let normalizer: Normalizer?
  let preTokenizer: PreTokenizer
  let postProcessor: PostProcessor
  private let addedTokens: AddedTokenMatcher
  private let normalizedAddedTokens: AddedTokenMatcher
  private let specialIDs: Set<Int>
  private let decoder: TokenDecoder
  /// Added tokens that are written out otherwise than they are listed: as the normalizer leaves them.
  private let normalizedNames: [Int: [UInt8]]

  init(
    model: any TokenModel, normalizer: Normalizer?, preTokenizer: PreTokenizer, postProcessor: PostProcessor,
    addedTokens: [AddedToken], special: SpecialTokens, decoder: TokenDecoder = .byteLevel
  ) {
    self.model = model
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.postProcessor = special.postProcessor(replacing: postProcessor)
    self.addedTokens = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
    normalizedAddedTokens = AddedTokenMatcher(addedTokens.filter(\.isNormalized), normalizer: normalizer)
    self.decoder = decoder
    let normalized = addedTokens.filter(\.isNormalized).compactMap { token in
      normalizer.map { (token.id, Array($0(token.content).utf8)) }
    }
    normalizedNames = Dictionary(normalized, uniquingKeysWith: { $1 })
    specialIDs = Set(addedTokens.filter(\.isSpecial).map(\.id))
    bosID = special.bosID
    eosID = special.eosID
    padID = special.padID
    chatTemplate = special.chatTemplate
  }

  /// One more than the highest id: the least number of rows an embedding must have.
  public var vocabularyCount: Int { model.vocabulary.count }

  /// The id of a token as the vocabulary writes it (`"Ġhello"`, `"<|im_end|>"`).
  public func id(of token: String) -> Int? { model.vocabulary.id(of: token) }

  /// The token as the vocabulary writes it; nil for an id without one.
  public func token(of id: Int) -> String? { model.vocabulary.token(of: id) }

  /// Whether the token is a control token rather than text.
  public func isSpecial(_ id: Int) -> Bool { specialIDs.contains(id) }

  /// Token ids of a text.
  /// - Parameters:
  ///   - addSpecialTokens: put the model's BOS and EOS around it, if the model wants them.
  ///   - parseSpecial: read control tokens written in the text as such; otherwise they are plain text.
  public func encode(_ text: String, addSpecialTokens: Bool = true, parseSpecial: Bool = true) -> [Int] {
    var ids = addSpecialTokens ? postProcessor.prefix : []
    let bytes = Array(text.utf8)
    for part in addedTokens.split(bytes, parsesSpecial: parseSpecial) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range):
        encodeNormalizing(bytes[range], parseSpecial, startsText: range.lowerBound == 0, into: &ids)
      }
    }
    return ids + (addSpecialTokens ? postProcessor.suffix : [])
  }

  /// Token ids of a space that stands between two of these tokens; of a space alone if the tokenizer does not know them.
  public func encodeSpace(between tokens: [String]) -> [Int] {
    let known = tokens.compactMap(id(of:))
    if known.count == tokens.count, known.count > 1 {
      let ids = encode("\(tokens[0]) \(tokens[1])", addSpecialTokens: false)
      if ids.first == known[0], ids.last == known[1] { return Array(ids.dropFirst().dropLast()) }
    }
    return encode(" ", addSpecialTokens: false)
  }

  /// The text of token ids. Ids without a token say nothing; bytes that are not UTF-8 become U+FFFD.
  public func decode(_ ids: [Int], skipSpecialTokens: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids { appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, to: &bytes) }
    return String(decoding: startsWithAddedSpace(bytes) ? bytes[1...] : bytes[...], as: UTF8.self)
  }

  /// Whether decoded bytes that start a text start with the space that the tokenizer puts before each text.
  func startsWithAddedSpace(_ bytes: [UInt8]) -> Bool { decoder.stripsFirstSpace && bytes.first == 0x20 }

  func appendBytes(of id: Int, skipSpecialTokens: Bool, to bytes: inout [UInt8]) {
    guard let token = model.vocabulary.utf8(of: id), !(skipSpecialTokens && isSpecial(id)) else { return }
    decoder.append(normalizedNames[id]?[...] ?? token, id: id, to: &bytes)
  }

  private func encodeNormalizing(
    _ text: ArraySlice<UInt8>, _ parseSpecial: Bool, startsText: Bool, into ids: inout [Int]
  ) {
    let bytes = normalizer.map { Array($0(String(decoding: text, as: UTF8.self)).utf8) } ?? Array(text)
    for part in normalizedAddedTokens.split(bytes, parsesSpecial: parseSpecial) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range):
        let text = ClassifiedText(String(decoding: bytes[range], as: UTF8.self).unicodeScalars)
        let pieces = preTokenizer.pieces(of: text, startsText: startsText && range.lowerBound == 0)
        for piece in pieces.ranges { model.encode(pieces.text.scalars[piece], into: &ids) }
      }
    }
  }
}
