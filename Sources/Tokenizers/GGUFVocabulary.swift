/// The tokenizer part of a GGUF file's metadata; each property names its key.
public struct GGUFVocabulary: Sendable {
  /// `tokenizer.ggml.model`
  public var model: String
  /// `tokenizer.ggml.pre`
  public var pre: String?
  /// `tokenizer.ggml.tokens`, in order of id
  public var tokens: [String]
  /// `tokenizer.ggml.merges`, each `left right`
  public var merges: [String]
  /// `tokenizer.ggml.token_type`: 1 text, 3 control, 4 user-defined; empty if the file has none
  public var tokenTypes: [Int]
  /// `tokenizer.ggml.bos_token_id`, `…eos_token_id`, `…padding_token_id`
  public var bosID: Int?
  public var eosID: Int?
  public var padID: Int?
  /// `tokenizer.ggml.add_bos_token`, `…add_eos_token`
  public var addsBOS: Bool?
  public var addsEOS: Bool?
  /// `tokenizer.chat_template`
  public var chatTemplate: String?

  public init(
    model: String, pre: String? = nil, tokens: [String], merges: [String], tokenTypes: [Int] = [],
    bosID: Int? = nil, eosID: Int? = nil, padID: Int? = nil, addsBOS: Bool? = nil, addsEOS: Bool? = nil,
    chatTemplate: String? = nil
  ) {
    self.model = model
    self.pre = pre
    self.tokens = tokens
    self.merges = merges
    self.tokenTypes = tokenTypes
    self.bosID = bosID
    self.eosID = eosID
    self.padID = padID
    self.addsBOS = addsBOS
    self.addsEOS = addsEOS
    self.chatTemplate = chatTemplate
  }
}

extension Tokenizer {
  /// Builds the tokenizer of a GGUF file. Only byte-level BPE (`gpt2`) with a known `pre` is supported.
  public init(_ gguf: GGUFVocabulary) throws(TokenizerError) {
    guard gguf.model == "gpt2" else { throw .unsupported(key: "tokenizer.ggml.model", value: gguf.model) }
    let style = try GGUFPreTokenizer(name: gguf.pre ?? "default")
    guard gguf.tokenTypes.isEmpty || gguf.tokenTypes.count == gguf.tokens.count else {
      throw .wrongValue(key: "tokenizer.ggml.token_type", expected: "one number for each token")
    }
    var vocabulary = Vocabulary(minimumCapacity: gguf.tokens.count)
    for (id, token) in gguf.tokens.enumerated() { try vocabulary.insert(token, id: id) }
    for id in [gguf.bosID, gguf.eosID, gguf.padID].compactMap(\.self)
    where !gguf.tokens.indices.contains(id) {
      throw .invalidID(token: "bos, eos or padding", id: id)
    }
    var merges = MergeReader(vocabulary: vocabulary, count: gguf.merges.count)
    for merge in gguf.merges { try merges.append(merge) }
    let addedTokens = gguf.tokenTypes.enumerated().filter { $1 == 3 || $1 == 4 }.map { id, type in
      AddedToken(id: id, content: gguf.tokens[id], isSpecial: type == 3)
    }
    self.init(
      model: BytePairModel(
        vocabulary: vocabulary, merges: merges.table, ignoresMerges: style.ignoresMerges),
      normalizer: style.normalizer, preTokenizer: style.preTokenizer, postProcessor: PostProcessor(),
      addedTokens: addedTokens,
      special: SpecialTokens(
        bosID: gguf.bosID, eosID: gguf.eosID, padID: gguf.padID, addsBOS: gguf.addsBOS ?? style.addsBOS,
        addsEOS: gguf.addsEOS, chatTemplate: gguf.chatTemplate))
  }
}
