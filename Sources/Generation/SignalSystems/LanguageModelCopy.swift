import Checkpoints
import Foundation
import LanguageModels
import Layers
import Tensors
import Tokenizers

/// A language model's folder or file that is to become `llm/` of a model folder.
struct LanguageModelCopy {
  let url: URL
  let isGGUF: Bool
  let tokenizer: Tokenizer
  let hiddenSize: Int
  /// Where the tokenizer's files are.
  private let tokenizerFolder: URL
  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json",
    "special_tokens_map.json", "chat_template.jinja",
  ]
  /// Tensors of about this size share a file, so that no more than that is held in memory.
  private static let shardBytes = 1 << 30

  /// - Parameter tokenizers: folders whose tokenizer goes before the language model's own.
  init(_ url: URL, tokenizers: [URL]) throws {
    self.url = url
    let configuration = url.appending(path: "config.json")
    isGGUF = !FileManager.default.fileExists(atPath: configuration.path)
    if isGGUF {
      let model = try LanguageModel(contentsOf: url)
      (hiddenSize, tokenizer, tokenizerFolder) = (model.decoder.hiddenSize, model.tokenizer, url)
      return
    }
    guard let width = try readConfiguration([String: Setting].self, at: configuration)["hidden_size"]?.integer
    else {
      throw ConfigurationError("hidden_size must be an integer", file: configuration.path)
    }
    hiddenSize = width
    let other = tokenizers.first { folder in
      ["tokenizer.json", "tokenizer.model"].contains {
        FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
      }
    }
    tokenizerFolder = other ?? url
    tokenizer = try Tokenizer(folder: tokenizerFolder)
  }

  /// Writes the folder.
  /// - Parameters:
  ///   - tables: the whole input table and head, instead of its own.
  ///   - progress: called between files; what it throws stops the work.
  func write(
    to folder: URL, tables: (input: Tensor, head: Tensor?)?, adapter: LowRankAdapter?,
    addedTokens: [String: Int], progress: () throws -> Void
  ) throws {
    let files = FileManager.default
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    if isGGUF {
      guard adapter == nil, tables == nil else {
        throw SignalSystemError.languageModel(
          "\(url.path): LoRA cannot be merged into a GGUF file; give the language model's Hugging Face folder"
        )
      }
      try copyGGUF(to: folder)
      return
    }
    try writeWeights(to: folder, tables: tables, adapter: adapter, progress: progress)
    try writeConfiguration(to: folder, vocabulary: tables?.input.shape[0], hasHead: tables?.head != nil)
    for name in Self.tokenizerFiles {
      let file = tokenizerFolder.appending(path: name)
      guard files.fileExists(atPath: file.path) else { continue }
      try files.copyItem(at: file.resolvingSymlinksInPath(), to: folder.appending(path: name))
    }
    try writeAddedTokens(addedTokens, to: folder)
    // Opening it checks every name and shape.
    _ = try LanguageModel(contentsOf: folder)
  }

  private func copyGGUF(to folder: URL) throws {
    var file = url
    if let name = try? FileManager.default.contentsOfDirectory(atPath: url.path).first(where: {
      $0.hasSuffix(".gguf")
    }) {
      file = url.appending(path: name)
    }
    try FileManager.default.copyItem(
      at: file.resolvingSymlinksInPath(), to: folder.appending(path: file.lastPathComponent))
  }

  private func writeWeights(
    to folder: URL, tables: (input: Tensor, head: Tensor?)?, adapter: LowRankAdapter?,
    progress: () throws -> Void
  ) throws {
    // NExT-GPT's merged folders hold its other parts too.
    var tensors = try Weights(contentsOf: url).all.filter {
      !$0.key.hasSuffix("rotary_emb.inv_freq") && !$0.key.hasPrefix("model.mm_")
    }
    // Older OPT files lack the outer name.
    if tensors["decoder.embed_tokens.weight"] != nil {
      tensors = Dictionary(
        tensors.map { ($0.hasPrefix("decoder.") ? "model.\($0)" : $0, $1) }, uniquingKeysWith: { $1 })
    }
    for name in adapter?.names ?? [] where tensors[name] == nil {
      throw SignalSystemError.languageModel("\(url.path) has no \(name), which the checkpoint's LoRA changes")
    }
    if let tables {
      tensors["model.embed_tokens.weight"] = tables.input
      if let head = tables.head { tensors["lm_head.weight"] = head }
    }
    var shards: [[String]] = [[]]
    var bytes = 0
    for name in tensors.keys.sorted() {
      let size = tensors[name]?.byteCount ?? 0
      if bytes > 0, bytes + size > Self.shardBytes {
        shards.append([])
        bytes = 0
      }
      shards[shards.count - 1].append(name)
      bytes += size
    }
    var places: [String: String] = [:]
    for (index, names) in shards.enumerated() {
      try progress()
      let file =
        shards.count == 1
        ? "model.safetensors"
        : String(format: "model-%05d-of-%05d.safetensors", index + 1, shards.count)
      var shard: [String: Tensor] = [:]
      for name in names {
        guard let tensor = tensors[name] else { continue }
        shard[name] = try adapter?.merged(name, tensor, source: url.path) ?? tensor
        places[name] = file
      }
      try SafetensorsFile.write(shard, metadata: ["format": "pt"], to: folder.appending(path: file))
    }
    guard shards.count > 1 else { return }
    let index: [String: Any] = [
      "metadata": ["total_size": tensors.values.reduce(0) { $0 + $1.byteCount }], "weight_map": places,
    ]
    try Self.writeJSON(index, to: folder.appending(path: "model.safetensors.index.json"))
  }

  private func writeConfiguration(to folder: URL, vocabulary: Int?, hasHead: Bool) throws {
    let file = url.appending(path: "config.json")
    guard let values = try? JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    else {
      throw SignalSystemError.languageModel("\(file.path) is not a JSON object")
    }
    var changed = values
    if let vocabulary { changed["vocab_size"] = vocabulary }
    if hasHead { changed["tie_word_embeddings"] = false }
    if changed["model_type"] as? String == "nextgpt_llama" { changed["model_type"] = "llama" }
    try Self.writeJSON(changed, to: folder.appending(path: "config.json"))
    let generation = url.appending(path: "generation_config.json")
    if FileManager.default.fileExists(atPath: generation.path) {
      try FileManager.default.copyItem(
        at: generation.resolvingSymlinksInPath(), to: folder.appending(path: "generation_config.json"))
    }
  }

  private func writeAddedTokens(_ added: [String: Int], to folder: URL) throws {
    let file = tokenizerFolder.appending(path: "added_tokens.json")
    var all = added
    if FileManager.default.fileExists(atPath: file.path) {
      let own = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
      all.merge(own) { new, _ in new }
    }
    if !all.isEmpty { try Self.writeJSON(all, to: folder.appending(path: "added_tokens.json")) }
  }

  static func writeJSON(_ value: Any, to file: URL) throws {
    try JSONSerialization.data(
      withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    ).write(to: file)
  }
}
