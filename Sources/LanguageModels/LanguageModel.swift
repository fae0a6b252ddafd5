import Checkpoints
import Foundation
import Tokenizers

/// A decoder with its tokenizer.
public struct LanguageModel: Sendable {
  public let decoder: any CausalDecoder
  public let tokenizer: Tokenizer
  /// Tokens that end a text or a turn.
  public let endTokens: Set<Int>

  /// Fails if the tokenizer knows tokens that the decoder has no rows for.
  public init(decoder: any CausalDecoder, tokenizer: Tokenizer, endTokens: Set<Int>)
    throws(LanguageModelError)
  {
    guard tokenizer.vocabularyCount <= decoder.vocabularySize else {
      throw .badConfiguration(
        "the tokenizer has \(tokenizer.vocabularyCount) tokens, but the model only \(decoder.vocabularySize)",
        source: decoder.source)
    }
    self.decoder = decoder
    self.tokenizer = tokenizer
    self.endTokens = endTokens
  }

  /// The model without its last blocks, so that its states are those of an earlier layer, after the final norm.
  public func keeping(layers: Int) throws(LanguageModelError) -> Self {
    guard (1...decoder.layerCount).contains(layers) else {
      throw .wrongLayers(layers, available: decoder.layerCount, source: decoder.source)
    }
    return try Self(decoder: decoder.keeping(layers: layers), tokenizer: tokenizer, endTokens: endTokens)
  }

  /// Opens a `.gguf` file, a Hugging Face folder (`config.json`, `*.safetensors`, `tokenizer.json`) or a folder with
  /// one `.gguf` file.
  public init(contentsOf url: URL) throws {
    let files = FileManager.default
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
      throw LanguageModelError.notFound("there is no language model at \(url.path)")
    }
    guard isDirectory.boolValue else {
      try self.init(gguf: url)
      return
    }
    if files.fileExists(atPath: url.appending(path: "config.json").path) {
      try self.init(folder: url)
      return
    }
    let candidates = try files.contentsOfDirectory(atPath: url.path).filter { $0.hasSuffix(".gguf") }
    guard let file = candidates.first else {
      throw LanguageModelError.notFound("\(url.path) holds neither a config.json nor a .gguf file")
    }
    guard candidates.count == 1 else {
      throw LanguageModelError.notFound(
        "\(url.path) holds \(candidates.count) .gguf files (\(candidates.sorted().joined(separator: ", "))); name one"
      )
    }
    try self.init(gguf: url.appending(path: file))
  }

  /// Opens a Hugging Face folder.
  private init(folder: URL) throws {
    let file = try ConfigurationFile(contentsOf: folder.appending(path: "config.json"))
    let decoder = try Self.decoder(file, folder: folder)
    let tokenizer = try Tokenizer(folder: folder)
    let generation = folder.appending(path: "generation_config.json")
    var ends = [Int]()
    if FileManager.default.fileExists(atPath: generation.path) {
      ends = try ConfigurationFile(contentsOf: generation).integers("eos_token_id")
    }
    if ends.isEmpty { ends = try file.integers("eos_token_id") }
    if ends.isEmpty { ends = [tokenizer.eosID].compactMap(\.self) }
    try self.init(decoder: decoder, tokenizer: tokenizer, endTokens: Set(ends))
  }

  private static func decoder(_ file: ConfigurationFile, folder: URL) throws -> any CausalDecoder {
    if try file.optionalString("model_type") == "opt" {
      let configuration = try OPTConfiguration(file)
      return try OPTModel(Weights(contentsOf: folder), configuration)
    }
    let configuration = try LlamaConfiguration(file)
    return try LlamaModel(Weights(contentsOf: folder), configuration)
  }
}
