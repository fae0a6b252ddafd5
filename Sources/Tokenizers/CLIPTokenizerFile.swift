import Foundation

extension CLIPTokenizer {
  /// Reads a tokenizer folder: `tokenizer.json`, or else `vocab.json` with `merges.txt`; the special tokens from
  /// `tokenizer_config.json` and `special_tokens_map.json` if they are there.
  public init(folder: URL) throws(TokenizerError) {
    func contents(_ name: String) throws(TokenizerError) -> [UInt8]? {
      let file = folder.appendingPathComponent(name)
      return Tokenizer.exists(file) ? try Tokenizer.read(file) : nil
    }
    let names = try CLIPTokenNames(
      config: Self.parse(contents("tokenizer_config.json"), "tokenizer_config.json"),
      map: Self.parse(contents("special_tokens_map.json"), "special_tokens_map.json"))
    if let json = try contents("tokenizer.json") {
      let (model, addedTokens) = try BytePairModel.read(JSONParser.parse(json, file: "tokenizer.json"))
      try self.init(model: model, addedTokens: addedTokens, names: names)
    } else {
      try self.init(
        vocabulary: Tokenizer.read(folder.appendingPathComponent("vocab.json")),
        merges: String(decoding: Tokenizer.read(folder.appendingPathComponent("merges.txt")), as: UTF8.self),
        names: names)
    }
  }

  /// Builds the vocabulary from OpenAI's list of merges, which determines it: bytes, bytes that end a word, the merges
  /// (the first 48,894), BOS and EOS. Pads with EOS unless `padToken` is given.
  public init(merges: String, padToken: String? = nil) throws(TokenizerError) {
    let merges = Self.lines(of: merges, limit: 48_894)
    let bytes = ByteAlphabet.utf8InOrderOfCharacter.map { String(decoding: $0, as: UTF8.self) }
    var names = CLIPTokenNames()
    if let padToken { names.pad = CLIPTokenNames.Name(content: padToken) }
    let tokens =
      bytes + bytes.map { $0 + "</w>" }
      + merges.map { String(decoding: $0.utf8.filter { $0 != 0x20 }, as: UTF8.self) }
      + [names.bos.content, names.eos.content]
    var vocabulary = Vocabulary(minimumCapacity: tokens.count)
    for (id, token) in tokens.enumerated() { try vocabulary.insert(token, id: id) }
    try self.init(vocabulary, merges: merges, names)
  }

  /// - Parameters:
  ///   - vocabulary: the contents of `vocab.json`
  ///   - merges: the contents of `merges.txt`
  init(vocabulary: [UInt8], merges: String, names: CLIPTokenNames) throws(TokenizerError) {
    try self.init(
      Vocabulary(JSONParser.parse(vocabulary, file: "vocab.json")), merges: Self.lines(of: merges), names)
  }

  private init(
    _ vocabulary: Vocabulary, merges: [String], _ names: CLIPTokenNames
  ) throws(TokenizerError) {
    var reader = MergeReader(vocabulary: vocabulary, count: merges.count)
    for merge in merges { try reader.append(merge) }
    var model = BytePairModel(
      vocabulary: vocabulary, merges: reader.table, unknownID: vocabulary.id(of: names.unknown.content),
      endOfWordSuffix: "</w>")
    for token in names.addedTokens where model.vocabulary.id(of: token.content) != token.id {
      try model.vocabulary.insert(token.content, id: token.id)
    }
    try self.init(model: model, addedTokens: names.addedTokens, names: names)
  }

  /// The first `limit` lines that hold merges: empty ones do not, nor does the first, which gives the version.
  private static func lines(of merges: String, limit: Int = .max) -> [String] {
    var lines = Array(merges.utf8).split { $0 == 0x0A || $0 == 0x0D }[...]
    if let first = lines.first, String(decoding: first, as: UTF8.self).contains("#version:") {
      lines.removeFirst()
    }
    return lines.prefix(limit).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func parse(_ contents: [UInt8]?, _ file: String) throws(TokenizerError) -> JSONNode {
    guard let contents else { return JSONNode(.null) }
    let node = try JSONParser.parse(contents, file: file)
    _ = try node.members()
    return node
  }
}
