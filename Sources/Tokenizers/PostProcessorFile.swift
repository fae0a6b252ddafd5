extension PostProcessor {
  /// Reads `post_processor` of `tokenizer.json`; ids must be below `idCount`.
  init(_ node: JSONNode, idCount: Int) throws(TokenizerError) {
    self.init()
    if node.isNull { return }
    switch try node["type"].string() {
    case "ByteLevel": break  // changes offsets only
    case "Sequence":
      for processor in try node["processors"].array() {
        self = wrapped(in: try PostProcessor(processor, idCount: idCount))
      }
    case "TemplateProcessing": try readTemplate(node, idCount: idCount)
    case "RobertaProcessing", "BertProcessing":
      prefix = [try Self.id(node["cls"], idCount: idCount)]
      suffix = [try Self.id(node["sep"], idCount: idCount)]
    case let type: throw .unsupported(key: "\(node.path).type", value: type)
    }
  }

  private mutating func readTemplate(_ node: JSONNode, idCount: Int) throws(TokenizerError) {
    var sequences = 0
    for item in try node["single"].array() {
      if !item["Sequence"].isNull {
        sequences += 1
        continue
      }
      let name = try item["SpecialToken"]["id"].string()
      for id in try node["special_tokens"][name]["ids"].array() {
        let id = try Self.checked(id.integer(), name, idCount)
        if sequences == 0 { prefix.append(id) } else { suffix.append(id) }
      }
    }
    guard sequences == 1 else {
      throw .unsupported(key: "\(node.path).single", value: "the text \(sequences) times")
    }
  }

  /// The id of a `[token, id]` pair.
  private static func id(_ pair: JSONNode, idCount: Int) throws(TokenizerError) -> Int {
    let items = try pair.array()
    guard items.count == 2 else { throw pair.wrong("a token and its id") }
    return try checked(items[1].integer(), items[0].string(), idCount)
  }

  private static func checked(_ id: Int, _ token: String, _ idCount: Int) throws(TokenizerError) -> Int {
    guard (0..<idCount).contains(id) else { throw .invalidID(token: token, id: id) }
    return id
  }
}
