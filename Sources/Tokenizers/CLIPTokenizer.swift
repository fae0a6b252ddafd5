/// CLIP's tokenizer: lower-case byte-pair encoding whose words end in `</w>`, in rows of a fixed length. Ids are those
/// of transformers' `CLIPTokenizer`.
public struct CLIPTokenizer: Sendable {
  /// The tokens that start, end and fill a row.
  public let bosID: Int
  public let eosID: Int
  public let padID: Int
  /// The length of a row.
  public let maximumLength: Int

  private let tokenizer: Tokenizer
  /// What it was made from.
  private let parts: (model: BytePairModel, addedTokens: [AddedToken], names: CLIPTokenNames)

  /// - Parameter names: the special tokens; throws if the vocabulary lacks one.
  init(model: BytePairModel, addedTokens: [AddedToken], names: CLIPTokenNames) throws(TokenizerError) {
    parts = (model, addedTokens, names)
    var addedTokens = addedTokens
    func id(_ name: CLIPTokenNames.Name, _ key: String) throws(TokenizerError) -> Int {
      guard let id = model.vocabulary.id(of: name.content) else {
        throw .unknownToken(token: name.content, usedBy: key)
      }
      return id
    }
    bosID = try id(names.bos, "bos_token")
    eosID = try id(names.eos, "eos_token")
    padID = try id(names.pad, "pad_token")
    maximumLength = names.maximumLength
    // They are cut out of the text as they stand, even the `!` that some models pad with. What the files say of an
    // added token goes before what a name says, and a later name before an earlier one.
    var named: [Int: AddedToken] = [:]
    for (id, name) in [(bosID, names.bos), (eosID, names.eos), (padID, names.pad)] {
      named[id] = AddedToken(id: id, content: name.content, isSpecial: true, isNormalized: name.isNormalized)
    }
    let known = Set(addedTokens.map(\.id))
    addedTokens += named.values.filter { !known.contains($0.id) }.sorted { $0.id < $1.id }
    tokenizer = Tokenizer(
      model: model, normalizer: .sequence([.nfc, .replaceSpaces(with: " "), .lowercase]),
      preTokenizer: PreTokenizer(
        steps: [.split(.clip, keeping: .matches), .split(.gpt2, keeping: .everything)]),
      postProcessor: PostProcessor(), addedTokens: addedTokens, special: SpecialTokens())
  }

  /// One more than the highest id.
  public var vocabularyCount: Int { tokenizer.vocabularyCount }

  /// The tokenizer with more words, each one token of the id given; like all text they are matched in lower case.
  public func adding(_ words: [(text: String, id: Int)]) -> CLIPTokenizer {
    let added = words.map { AddedToken(id: $0.id, content: $0.text, isSpecial: false, isNormalized: true) }
    let more = try? CLIPTokenizer(
      model: parts.model, addedTokens: parts.addedTokens + added, names: parts.names)
    guard let more else { preconditionFailure("the special tokens are there as before") }
    return more
  }

  /// The ids of a text alone, however many.
  public func tokens(_ text: String) -> [Int] { tokenizer.encode(text, addSpecialTokens: false) }

  /// A row of `maximumLength` ids: BOS, as many of the tokens as there is room for, EOS, padding.
  public func row(_ tokens: [Int]) -> [Int] {
    let row = [bosID] + tokens.prefix(maximumLength - 2) + [eosID]
    return row + Array(repeating: padID, count: maximumLength - row.count)
  }

  /// A row of `length` ids (by default `maximumLength`, at least 2): BOS, as much of the text as there is room for,
  /// EOS, padding.
  public func encode(_ text: String, length: Int? = nil) -> [Int] {
    let length = max(2, length ?? maximumLength)
    let row = [bosID] + tokenizer.encode(text, addSpecialTokens: false).prefix(length - 2) + [eosID]
    return row + Array(repeating: padID, count: length - row.count)
  }
}
