extension Tokenizer {
  /// Reads the contents of GPT-2's `vocab.json` and `merges.txt`, as OPT's folders hold them, and of `tokenizer_config.json`
  /// and `added_tokens.json`.
  init(
    vocabulary: [UInt8], merges: String, config: [UInt8]?, addedTokens: [UInt8]?, chatTemplate: String?
  ) throws(TokenizerError) {
    var vocabulary = try Vocabulary(JSONParser.parse(vocabulary, file: "vocab.json"))
    let lines = merges.split(whereSeparator: \.isNewline).map(String.init).filter {
      !$0.hasPrefix("#version")
    }
    var reader = MergeReader(vocabulary: vocabulary, count: lines.count)
    for line in lines { try reader.append(line) }
    let config = try config.map { (bytes) throws(TokenizerError) in
      try JSONParser.parse(bytes, file: "tokenizer_config.json")
    }
    var model = BytePairModel(vocabulary: vocabulary, merges: reader.table)
    var added: [AddedToken] = []
    for token in try AddedToken.listed(in: config, map: addedTokens) {
      if vocabulary.id(of: token.content) != token.id { try vocabulary.insert(token.content, id: token.id) }
      added.append(token)
    }
    model.vocabulary = vocabulary
    var special = SpecialTokens()
    if let config { special = try SpecialTokens(config, vocabulary: vocabulary) }
    added += special.missing(from: added, vocabulary: vocabulary)
    special.chatTemplate = chatTemplate ?? special.chatTemplate
    let addsSpace = try config?["add_prefix_space"].bool(default: false) ?? false
    self.init(
      model: model, normalizer: nil,
      preTokenizer: PreTokenizer(
        steps: (addsSpace ? [.prefixSpace] : []) + [.split(.gpt2, keeping: .everything)]),
      postProcessor: PostProcessor(), addedTokens: added, special: special)
  }
}
