extension BytePairModel {
  /// Reads `model` and `added_tokens` of `tokenizer.json`; added tokens are part of the vocabulary.
  static func read(_ file: JSONNode) throws(TokenizerError) -> (BytePairModel, [AddedToken]) {
    let model = file["model"]
    if let type = try model["type"].optionalString(), type != "BPE" {
      throw .unsupported(key: "model.type", value: type)
    }
    try rejectUnsupported(model)
    let vocabulary = try Vocabulary(model["vocab"])
    let merges = try readMerges(model["merges"], vocabulary)
    let unknownID = try model["unk_token"].optionalString().map { token throws(TokenizerError) in
      guard let id = vocabulary.id(of: token) else {
        throw .unknownToken(token: token, usedBy: "model.unk_token")
      }
      return id
    }
    let ignoresMerges = try model["ignore_merges"].bool(default: false)
    let fusesUnknown = try model["fuse_unk"].bool(default: false)
    let suffix = try model["end_of_word_suffix"].optionalString() ?? ""
    // The model's own tokens are those of `vocab`: added tokens join after it has looked up its bytes.
    var built = BytePairModel(
      vocabulary: vocabulary, merges: merges, ignoresMerges: ignoresMerges, unknownID: unknownID,
      fusesUnknown: fusesUnknown, endOfWordSuffix: suffix)
    let addedTokens = try readAddedTokens(file["added_tokens"], into: &built.vocabulary)
    return (built, addedTokens)
  }

  private static func rejectUnsupported(_ model: JSONNode) throws(TokenizerError) {
    if let prefix = try model["continuing_subword_prefix"].optionalString(), !prefix.isEmpty {
      throw .unsupported(key: "model.continuing_subword_prefix", value: prefix)
    }
    switch model["dropout"].value {
    case .null, .integer(0), .number(0): break
    default: throw .unsupported(key: "model.dropout", value: "not 0")
    }
  }

  private static func readMerges(
    _ node: JSONNode, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> MergeTable {
    guard case .array(let items) = node.value else { throw node.wrong("an array") }
    var reader = MergeReader(vocabulary: vocabulary, count: items.count)
    for item in items {
      switch item {
      case .string(let merge): try reader.append(merge)
      case .array(let pair):
        guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else {
          throw node.wrong("an array of pairs of tokens")
        }
        try reader.append(left, right)
      default: throw node.wrong("an array of merges")
      }
    }
    return reader.table
  }

  private static func readAddedTokens(
    _ node: JSONNode, into vocabulary: inout Vocabulary
  ) throws(TokenizerError) -> [AddedToken] {
    if node.isNull { return [] }
    var tokens: [AddedToken] = []
    for item in try node.array() {
      let isSpecial = try item["special"].bool(default: false)
      let token = AddedToken(
        id: try item["id"].integer(), content: try item["content"].string(), isSpecial: isSpecial,
        stripsLeft: try item["lstrip"].bool(default: false),
        stripsRight: try item["rstrip"].bool(default: false),
        isSingleWord: try item["single_word"].bool(default: false),
        isNormalized: try item["normalized"].bool(default: !isSpecial))
      if vocabulary.id(of: token.content) != token.id { try vocabulary.insert(token.content, id: token.id) }
      tokens.append(token)
    }
    return tokens
  }
}

extension Vocabulary {
  /// Reads an object of tokens and ids.
  init(_ node: JSONNode) throws(TokenizerError) {
    let members = try node.members()
    self.init(minimumCapacity: members.count + 1024)
    for (token, id) in members {
      guard case .integer(let id) = id else {
        throw .wrongValue(key: node.path.isEmpty ? token : "\(node.path).\(token)", expected: "an integer")
      }
      try insert(token, id: id)
    }
  }
}
