extension Tokenizer {
  /// Reads the contents of a SentencePiece `tokenizer.model` with byte-pair encoding, and of `tokenizer_config.json` and
  /// `added_tokens.json`; `chatTemplate` goes before the config's. A text begins with BOS unless the config says otherwise.
  public init(
    sentencePiece: [UInt8], config: [UInt8]? = nil, addedTokens: [UInt8]? = nil, chatTemplate: String? = nil
  ) throws(TokenizerError) {
    let file = try SentencePieceFile(sentencePiece)
    var model = try SentencePieceModel(
      pieces: file.pieces, unknownID: file.unknownID, fallsBackToBytes: file.fallsBackToBytes)
    let config = try config.map { (bytes) throws(TokenizerError) in
      try JSONParser.parse(bytes, file: "tokenizer_config.json")
    }
    // Control tokens written in a text count as such.
    var added = file.pieces.enumerated().filter { $1.kind == .control || $1.kind == .unknown }.map {
      AddedToken(id: $0, content: $1.text, isSpecial: true)
    }
    let known = Set(added.map(\.id))
    for token in try AddedToken.listed(in: config, map: addedTokens) where !known.contains(token.id) {
      if model.vocabulary.id(of: token.content) != token.id {
        try model.vocabulary.insert(token.content, id: token.id)
      }
      added.append(token)
    }
    var special = SpecialTokens()
    if let config { special = try SpecialTokens(config, vocabulary: model.vocabulary) }
    added += special.missing(from: added, vocabulary: model.vocabulary)
    func piece(_ id: Int) -> Int? { file.pieces.indices.contains(id) ? id : nil }
    special.bosID = special.bosID ?? piece(file.bosID)
    special.eosID = special.eosID ?? piece(file.eosID)
    special.padID = special.padID ?? piece(file.padID)
    special.addsBOS = special.addsBOS ?? true
    special.chatTemplate = chatTemplate ?? special.chatTemplate
    // In transformers' older ("legacy") way, a text after an added token gets a space of its own.
    let isLegacy = try config?["legacy"].bool(default: true) ?? true
    let prefix: SentencePieceSpacing.Prefix = !file.addsPrefix ? .never : isLegacy ? .always : .first
    self.init(
      model: model, normalizer: nil,
      preTokenizer: PreTokenizer(
        steps: [.spacing(SentencePieceSpacing(prefix: prefix, removesExtraSpaces: file.removesExtraSpaces))]),
      postProcessor: PostProcessor(), addedTokens: added, special: special,
      decoder: .pieces(
        file.fallsBackToBytes ? ByteTokens(model.vocabulary) : nil, stripsFirstSpace: file.addsPrefix))
  }
}

extension AddedToken {
  /// The tokens that `added_tokens_decoder` of a `tokenizer_config.json` and `added_tokens.json` name beside a vocabulary.
  static func listed(in config: JSONNode?, map: [UInt8]?) throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    if let decoder = config?["added_tokens_decoder"], !decoder.isNull {
      for (id, value) in try decoder.members() {
        let node = JSONNode(value, path: "\(decoder.path).\(id)")
        guard let id = Int(id) else { throw node.wrong("named by its id") }
        tokens.append(
          AddedToken(
            id: id, content: try node["content"].string(),
            isSpecial: try node["special"].bool(default: false),
            stripsLeft: try node["lstrip"].bool(default: false),
            stripsRight: try node["rstrip"].bool(default: false),
            isSingleWord: try node["single_word"].bool(default: false)))
      }
    }
    guard let map else { return tokens }
    let file = try JSONParser.parse(map, file: "added_tokens.json")
    let known = Set(tokens.map(\.id))
    for (content, id) in try file.members() {
      guard case .integer(let id) = id else {
        throw .wrongValue(key: "added_tokens.json.\(content)", expected: "an integer")
      }
      if !known.contains(id) { tokens.append(AddedToken(id: id, content: content, isSpecial: false)) }
    }
    return tokens
  }
}
