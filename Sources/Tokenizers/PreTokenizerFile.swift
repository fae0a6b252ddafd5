extension PreTokenizer {
  /// Reads `pre_tokenizer` of `tokenizer.json` for a byte-level model, whose last step must be `ByteLevel`.
  init(_ node: JSONNode) throws(TokenizerError) {
    steps = []
    guard try Self.read(node, into: &steps) else {
      throw .unsupported(key: "pre_tokenizer", value: "not ending in ByteLevel")
    }
  }

  /// Appends the steps of a node; true if they end in `ByteLevel`.
  private static func read(_ node: JSONNode, into steps: inout [Step]) throws(TokenizerError) -> Bool {
    if node.isNull { return false }
    switch try node["type"].string() {
    case "Sequence":
      var endsInBytes = false
      for step in try node["pretokenizers"].array() {
        guard !endsInBytes else { throw .unsupported(key: step.path, value: "a step after ByteLevel") }
        endsInBytes = try read(step, into: &steps)
      }
      return endsInBytes
    case "ByteLevel":
      if try node["add_prefix_space"].bool(default: true) { steps.append(.prefixSpace) }
      if try node["use_regex"].bool(default: true) { steps.append(.split(.gpt2, keeping: .everything)) }
      return true
    case "Digits":
      let single = try node["individual_digits"].bool(default: false)
      steps.append(.split(.numbers(atMost: single ? 1 : .max), keeping: .everything))
      return false
    case "Split":
      steps.append(try split(node))
      return false
    case let type: throw .unsupported(key: "\(node.path).type", value: type)
    }
  }

  private static func split(_ node: JSONNode) throws(TokenizerError) -> Step {
    let inverted = try node["invert"].bool(default: false)
    let kept: Kept
    switch try node["behavior"].string() {
    case "Isolated": kept = .everything
    case "Removed": kept = inverted ? .matches : .gaps
    case let behavior: throw .unsupported(key: "\(node.path).behavior", value: behavior)
    }
    if let text = try node["pattern"]["String"].optionalString() {
      return .split(.literal(Array(text.unicodeScalars)), keeping: kept)
    }
    let regex = try node["pattern"]["Regex"].string()
    guard let pattern = SplitPattern(regex: regex) else {
      throw .unsupported(key: "\(node.path).pattern", value: regex)
    }
    return .split(pattern, keeping: kept)
  }
}
