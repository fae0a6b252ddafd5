import Foundation

extension Tokenizer {
  /// Reads `tokenizer.json` of a Hugging Face folder, or else SentencePiece's `tokenizer.model`, or else `vocab.json`
  /// with `merges.txt`; and `tokenizer_config.json`, `added_tokens.json` and `chat_template.jinja` beside it if they
  /// are there.
  public init(folder: URL) throws(TokenizerError) {
    func contents(_ name: String) throws(TokenizerError) -> [UInt8]? {
      let file = folder.appendingPathComponent(name)
      return Self.exists(file) ? try Self.read(file) : nil
    }
    let config = try contents("tokenizer_config.json")
    let template = try contents("chat_template.jinja").map { String(decoding: $0, as: UTF8.self) }
    var json = try contents("tokenizer.json")
    if json == nil, let model = try contents("tokenizer.model") {
      try self.init(
        sentencePiece: model, config: config, addedTokens: contents("added_tokens.json"),
        chatTemplate: template)
    } else if json == nil, let vocabulary = try contents("vocab.json"),
      let merges = try contents("merges.txt")
    {
      try self.init(
        vocabulary: vocabulary, merges: String(decoding: merges, as: UTF8.self), config: config,
        addedTokens: contents("added_tokens.json"), chatTemplate: template)
    } else {
      if json == nil { json = try Self.read(folder.appendingPathComponent("tokenizer.json")) }
      try self.init(
        json: json ?? [], config: config, addedTokens: contents("added_tokens.json"), chatTemplate: template)
    }
  }

  /// Reads the contents of `tokenizer.json`, `tokenizer_config.json` and `added_tokens.json`; `chatTemplate` goes before
  /// the config's.
  public init(
    json: [UInt8], config: [UInt8]? = nil, addedTokens added: [UInt8]? = nil, chatTemplate: String? = nil
  ) throws(TokenizerError) {
    let file = try JSONParser.parse(json, file: "tokenizer.json")
    _ = try file.members()
    var (model, addedTokens) = try BytePairModel.read(file)
    var special = SpecialTokens()
    let config = try config.map { (bytes) throws(TokenizerError) in
      try JSONParser.parse(bytes, file: "tokenizer_config.json")
    }
    let known = Set(addedTokens.map(\.id))
    for token in try AddedToken.listed(in: config, map: added) where !known.contains(token.id) {
      if model.vocabulary.id(of: token.content) != token.id {
        try model.vocabulary.insert(token.content, id: token.id)
      }
      addedTokens.append(token)
    }
    if let config {
      special = try SpecialTokens(config, vocabulary: model.vocabulary)
      addedTokens += special.missing(from: addedTokens, vocabulary: model.vocabulary)
    }
    special.chatTemplate = chatTemplate ?? special.chatTemplate
    let normalizer = try Normalizer(file["normalizer"])
    let postProcessor = try PostProcessor(file["post_processor"], idCount: model.vocabulary.count)
    if let spacing = try PreTokenizer(pieces: file["pre_tokenizer"]) {
      let byteTokens =
        try file["model"]["byte_fallback"].bool(default: false) ? ByteTokens(model.vocabulary) : nil
      self.init(
        model: CharacterPairModel(model, byteTokens: byteTokens), normalizer: normalizer,
        preTokenizer: spacing,
        postProcessor: postProcessor, addedTokens: addedTokens, special: special,
        decoder: try TokenDecoder(file["decoder"], byteTokens))
      return
    }
    if let decoder = try file["decoder"]["type"].optionalString(), decoder != "ByteLevel" {
      throw .unsupported(key: "decoder.type", value: decoder)
    }
    self.init(
      model: model, normalizer: normalizer, preTokenizer: try PreTokenizer(file["pre_tokenizer"]),
      postProcessor: postProcessor, addedTokens: addedTokens, special: special)
  }

  static func read(_ file: URL) throws(TokenizerError) -> [UInt8] {
    do { return Array(try Data(contentsOf: file)) } catch { throw .unreadableFile(path: file.path) }
  }

  static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
}
