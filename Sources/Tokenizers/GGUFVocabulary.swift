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
  /// `tokenizer.ggml.scores` of the model `llama`
  public var scores: [Double]
  /// `tokenizer.ggml.token_type`: 1 text, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty if the file has
  /// none
  public var tokenTypes: [Int]
  /// `tokenizer.ggml.bos_token_id`, `…eos_token_id`, `…padding_token_id`
  public var bosID: Int?
  public var eosID: Int?
  public var padID: Int?
  /// `tokenizer.ggml.add_bos_token`, `…add_eos_token`
  public var addsBOS: Bool?
  public var addsEOS: Bool?
  /// `tokenizer.ggml.add_space_prefix` of the model `llama`
  public var addsSpacePrefix: Bool?
  /// `tokenizer.chat_template`
  public var chatTemplate: String?

  public init(
    model: String, pre: String? = nil, tokens: [String], merges: [String] = [], scores: [Double] = [],
    tokenTypes: [Int] = [], bosID: Int? = nil, eosID: Int? = nil, padID: Int? = nil, addsBOS: Bool? = nil,
    addsEOS: Bool? = nil, addsSpacePrefix: Bool? = nil, chatTemplate: String? = nil
  ) {
    self.model = model
    self.pre = pre
    self.tokens = tokens
    self.merges = merges
    self.scores = scores
    self.tokenTypes = tokenTypes
    self.bosID = bosID
    self.eosID = eosID
    self.padID = padID
    self.addsBOS = addsBOS
    self.addsEOS = addsEOS
    self.addsSpacePrefix = addsSpacePrefix
    self.chatTemplate = chatTemplate
  }
}

extension Tokenizer {
  /// Builds the tokenizer of a GGUF file: byte-level BPE (`gpt2`) with a known `pre`, or SentencePiece's (`llama`).
  public init(_ gguf: GGUFVocabulary) throws(TokenizerError) {
    guard gguf.tokenTypes.isEmpty || gguf.tokenTypes.count == gguf.tokens.count else {
      throw .wrongValue(key: "tokenizer.ggml.token_type", expected: "one number for each token")
    }
    for id in [gguf.bosID, gguf.eosID, gguf.padID].compactMap(\.self)
    where !gguf.tokens.indices.contains(id) {
      throw .invalidID(token: "bos, eos or padding", id: id)
    }
    switch gguf.model {
    case "gpt2": try self.init(bytePairs: gguf)
    case "llama": try self.init(pieces: gguf)
    default: throw .unsupported(key: "tokenizer.ggml.model", value: gguf.model)
    }
  }

  private init(bytePairs gguf: GGUFVocabulary) throws(TokenizerError) {
    let style = try GGUFPreTokenizer(name: gguf.pre ?? "default")
    var vocabulary = Vocabulary(minimumCapacity: gguf.tokens.count)
    for (id, token) in gguf.tokens.enumerated() { try vocabulary.insert(token, id: id) }
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

  /// Pieces with scores. A text gets a space before it, as does one after a special token, as in llama.cpp.
  private init(pieces gguf: GGUFVocabulary) throws(TokenizerError) {
    guard gguf.scores.count == gguf.tokens.count else {
      throw .wrongValue(key: "tokenizer.ggml.scores", expected: "one number for each token")
    }
    let types = gguf.tokenTypes.isEmpty ? Array(repeating: 1, count: gguf.tokens.count) : gguf.tokenTypes
    var pieces: [(text: String, score: Float, kind: SentencePieceModel.Kind)] = []
    for (id, token) in gguf.tokens.enumerated() {
      guard let kind = SentencePieceModel.Kind(rawValue: types[id]) else {
        throw .wrongValue(key: "tokenizer.ggml.token_type", expected: "from 1 to 6")
      }
      pieces.append((token, Float(gguf.scores[id]), kind))
    }
    let unknownID = types.firstIndex(of: SentencePieceModel.Kind.unknown.rawValue) ?? 0
    let model = try SentencePieceModel(pieces: pieces, unknownID: unknownID, fallsBackToBytes: true)
    let addsSpace = gguf.addsSpacePrefix ?? true
    self.init(
      model: model, normalizer: nil,
      preTokenizer: PreTokenizer(steps: [.spacing(SentencePieceSpacing(prefix: addsSpace ? .always : .never))]
      ),
      postProcessor: PostProcessor(),
      addedTokens: pieces.enumerated().filter { [.unknown, .control, .userDefined].contains($1.kind) }.map {
        AddedToken(id: $0, content: $1.text, isSpecial: $1.kind != .userDefined)
      },
      special: SpecialTokens(
        bosID: gguf.bosID, eosID: gguf.eosID, padID: gguf.padID, addsBOS: gguf.addsBOS ?? true,
        addsEOS: gguf.addsEOS, chatTemplate: gguf.chatTemplate),
      decoder: .pieces(ByteTokens(model.vocabulary), stripsFirstSpace: addsSpace))
  }
}
