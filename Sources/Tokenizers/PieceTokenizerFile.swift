// What `tokenizer.json` says of SentencePiece vocabularies.

extension PreTokenizer {
  /// Reads `pre_tokenizer` of a vocabulary of pieces: none, where the normalizer writes the spaces, or `Metaspace`; nil
  /// for any other.
  init?(pieces node: JSONNode) throws(TokenizerError) {
    self.init(steps: [])
    if node.isNull { return }
    guard try node["type"].optionalString() == "Metaspace" else { return nil }
    guard try node["replacement"].optionalString() ?? "▁" == "▁" else {
      throw .unsupported(key: "\(node.path).replacement", value: "other than ▁")
    }
    var spacing = SentencePieceSpacing(keepsExistingPrefix: true)
    let older = try node["add_prefix_space"].bool(default: true)
    switch try node["prepend_scheme"].optionalString() {
    case nil: spacing.prefix = older ? .always : .never
    case "always": spacing.prefix = .always
    case "first": spacing.prefix = .first
    case "never": spacing.prefix = .never
    case let scheme?: throw .unsupported(key: "\(node.path).prepend_scheme", value: scheme)
    }
    steps.append(.spacing(spacing))
    if try node["split"].bool(default: true) { steps.append(.splitBefore("▁")) }
  }
}

extension TokenDecoder {
  /// Reads `decoder` of a vocabulary of pieces: `Metaspace`, or a sequence that turns "▁" into spaces and strips one.
  init(_ node: JSONNode, _ byteTokens: ByteTokens?) throws(TokenizerError) {
    var (strips, readsBytes) = (false, false)
    let isSequence = try node["type"].optionalString() == "Sequence"
    for step in isSequence ? try node["decoders"].array() : [node] {
      switch try step["type"].string() {
      case "Metaspace":
        let older = try step["add_prefix_space"].bool(default: true)
        strips = try step["prepend_scheme"].optionalString().map { $0 != "never" } ?? older
      case "Replace":
        guard try step["pattern"]["String"].string() == "▁", try step["content"].string() == " " else {
          throw .unsupported(key: "\(step.path).pattern", value: "other than ▁")
        }
      case "ByteFallback": readsBytes = true
      case "Fuse": break
      case "Strip":
        guard try step["content"].string() == " ", try step["start"].integer() == 1,
          try step["stop"].integer() == 0
        else { throw .unsupported(key: "\(step.path)", value: "other than one space at the start") }
        strips = true
      case let type: throw .unsupported(key: "\(step.path).type", value: type)
      }
    }
    self = .pieces(readsBytes ? byteTokens : nil, stripsFirstSpace: strips)
  }
}
