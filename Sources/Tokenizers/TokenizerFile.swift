import Foundation

extension Tokenizer {
  /// Reads `tokenizer.json` of a Hugging Face folder, and `tokenizer_config.json` and `chat_template.jinja` beside it
  /// if they are there.
  public init(folder: URL) throws(TokenizerError) {
    let config = folder.appendingPathComponent("tokenizer_config.json")
    let template = folder.appendingPathComponent("chat_template.jinja")
    try self.init(
      json: Self.read(folder.appendingPathComponent("tokenizer.json")),
      config: Self.exists(config) ? Self.read(config) : nil,
      chatTemplate: Self.exists(template) ? String(decoding: Self.read(template), as: UTF8.self) : nil)
  }

  /// Reads the contents of `tokenizer.json` and `tokenizer_config.json`; `chatTemplate` goes before the latter's.
  public init(json: [UInt8], config: [UInt8]? = nil, chatTemplate: String? = nil) throws(TokenizerError) {
    let file = try JSONParser.parse(json, file: "tokenizer.json")
    _ = try file.members()
    var (model, addedTokens) = try BytePairModel.read(file)
    var special = SpecialTokens()
    if let config {
      let config = try JSONParser.parse(config, file: "tokenizer_config.json")
      special = try SpecialTokens(config, vocabulary: model.vocabulary)
      addedTokens += special.missing(from: addedTokens, vocabulary: model.vocabulary)
    }
    special.chatTemplate = chatTemplate ?? special.chatTemplate
    if let decoder = try file["decoder"]["type"].optionalString(), decoder != "ByteLevel" {
      throw .unsupported(key: "decoder.type", value: decoder)
    }
    self.init(
      model: model,
      normalizer: try Normalizer(file["normalizer"]),
      preTokenizer: try PreTokenizer(file["pre_tokenizer"]),
      postProcessor: try PostProcessor(file["post_processor"], idCount: model.vocabulary.count),
      addedTokens: addedTokens, special: special)
  }

  static func read(_ file: URL) throws(TokenizerError) -> [UInt8] {
    do { return Array(try Data(contentsOf: file)) } catch { throw .unreadableFile(path: file.path) }
  }

  static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
}
