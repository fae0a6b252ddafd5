extension SpecialTokens {
  /// Reads `tokenizer_config.json`. A named token that the vocabulary lacks counts as absent.
  init(_ config: JSONNode, vocabulary: Vocabulary) throws(TokenizerError) {
    _ = try config.members()
    bosID = try Self.token(config["bos_token"]).flatMap { vocabulary.id(of: $0) }
    eosID = try Self.token(config["eos_token"]).flatMap { vocabulary.id(of: $0) }
    padID = try Self.token(config["pad_token"]).flatMap { vocabulary.id(of: $0) }
    if !config["add_bos_token"].isNull { addsBOS = try config["add_bos_token"].bool(default: false) }
    if !config["add_eos_token"].isNull { addsEOS = try config["add_eos_token"].bool(default: false) }
    chatTemplate = try Self.template(config["chat_template"])
  }

  /// Those of these tokens that are not among the added ones: they too are control tokens wherever they stand.
  func missing(from added: [AddedToken], vocabulary: Vocabulary) -> [AddedToken] {
    let known = Set(added.map(\.id))
    return Set([bosID, eosID, padID].compactMap(\.self)).subtracting(known).sorted().compactMap { id in
      vocabulary.token(of: id).map { AddedToken(id: id, content: $0, isSpecial: true) }
    }
  }

  /// A token is written as a string or as an object with its `content`.
  private static func token(_ node: JSONNode) throws(TokenizerError) -> String? {
    if case .object = node.value { return try node["content"].string() }
    return try node.optionalString()
  }

  /// One template, or the one named "default" of several.
  private static func template(_ node: JSONNode) throws(TokenizerError) -> String? {
    guard case .array = node.value else { return try node.optionalString() }
    for item in try node.array() where try item["name"].string() == "default" {
      return try item["template"].string()
    }
    return nil
  }
}
