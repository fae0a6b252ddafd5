import Checkpoints
import Foundation
import Tokenizers

extension LanguageModel {
  /// Opens a GGUF file, with its tokenizer.
  init(gguf url: URL) throws {
    let file = try GGUFFile(contentsOf: url)
    let weights = try Weights(file.tensors, source: url.path).renamed(ggufLlamaName)
    let configuration = try LlamaConfiguration(file.metadata, weights)
    let tokenizer = try Tokenizer(GGUFVocabulary(file.metadata))
    try self.init(
      decoder: LlamaModel(weights, configuration), tokenizer: tokenizer,
      endTokens: Self.endTokens(file.metadata, tokenizer))
  }

  /// The tokens that the file names, and those that end a text or a turn wherever they exist, as in llama.cpp.
  private static func endTokens(_ metadata: GGUFMetadata, _ tokenizer: Tokenizer) throws -> Set<Int> {
    let keys = ["eos", "eot", "eom"].map { "tokenizer.ggml.\($0)_token_id" }
    let named = try keys.filter { metadata[$0] != nil }.map { try metadata.integer($0) }
    let common = ["<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>"]
    return Set(named + common.compactMap(tokenizer.id(of:)).filter(tokenizer.isSpecial))
  }
}

extension GGUFVocabulary {
  init(_ metadata: GGUFMetadata) throws {
    func id(_ name: String) throws -> Int? {
      let key = "tokenizer.ggml.\(name)_token_id"
      return metadata[key] == nil ? nil : try metadata.integer(key)
    }
    func flag(_ name: String) throws -> Bool? {
      let key = "tokenizer.ggml.\(name)"
      return metadata[key] == nil ? nil : try metadata.bool(key)
    }
    let (pre, template) = ("tokenizer.ggml.pre", "tokenizer.chat_template")
    self.init(
      model: try metadata.string("tokenizer.ggml.model"),
      pre: metadata[pre] == nil ? nil : try metadata.string(pre),
      tokens: try metadata.strings("tokenizer.ggml.tokens"),
      merges: try metadata.strings("tokenizer.ggml.merges", default: []),
      scores: try metadata.numbers("tokenizer.ggml.scores", default: []),
      tokenTypes: try metadata.integers("tokenizer.ggml.token_type", default: []),
      bosID: try id("bos"), eosID: try id("eos"), padID: try id("padding"),
      addsBOS: try flag("add_bos_token"), addsEOS: try flag("add_eos_token"),
      addsSpacePrefix: try flag("add_space_prefix"),
      chatTemplate: metadata[template] == nil ? nil : try metadata.string(template))
  }
}
