extension Normalizer {
  /// Reads `normalizer` of `tokenizer.json`; nil for null.
  init?(_ node: JSONNode) throws(TokenizerError) {
    if node.isNull { return nil }
    switch try node["type"].string() {
    case "NFC": self = .nfc
    case "NFD": self = .nfd
    case "Lowercase": self = .lowercase
    case "Prepend": self = .prepend(try node["prepend"].string())
    case "Strip":
      self = .strip(
        left: try node["strip_left"].bool(default: true), right: try node["strip_right"].bool(default: true))
    case "Replace": self = try Self.replacement(node)
    case "Sequence":
      var steps: [Normalizer] = []
      for step in try node["normalizers"].array() {
        if let normalizer = try Normalizer(step) { steps.append(normalizer) }
      }
      self = .sequence(steps)
    case let type: throw .unsupported(key: "\(node.path).type", value: type)
    }
  }

  private static func replacement(_ node: JSONNode) throws(TokenizerError) -> Normalizer {
    let content = try node["content"].string()
    if let text = try node["pattern"]["String"].optionalString() { return .replace(text, with: content) }
    let regex = try node["pattern"]["Regex"].string()
    guard regex == #"\s+"# else { throw .unsupported(key: "\(node.path).pattern", value: regex) }
    return .replaceSpaces(with: content)
  }
}
