import Checkpoints
import Foundation
import Layers
import Tensors

/// The tensors of a published checkpoint, possibly of several files, under the names of the language model's own folder
/// (`model.layers.0…`) and of the system's parts (`fc.0.weight`).
struct SignalCheckpoint {
  private(set) var tensors: [String: Tensor] = [:]
  private(set) var adapter: AdapterSettings?
  /// The folders that were given, which may hold a tokenizer and a configuration.
  private(set) var folders: [URL] = []
  let source: String
  private var files: [String: String] = [:]

  /// Files that are looked for in a folder; of each group the first that is there.
  private static let fileNames: [[String]] = [
    ["pretrained_ckpt.pth.tar", "ckpt_best.pth.tar", "ckpt.pth.tar"],
    ["pytorch_model.pt"],
    ["adapter_model.safetensors", "adapter_model.bin"],
    ["non_lora_trainables.bin"],
    ["mm_output_projector.bin"],
    [
      "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
      "pytorch_model.bin.index.json",
    ],
  ]

  /// - Parameter urls: files or folders. Of a tensor that is in several files the last counts, as when they are loaded one
  ///   after the other.
  init(_ urls: [URL]) throws {
    source = urls.map(\.path).joined(separator: ", ")
    for url in urls {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
        throw SignalSystemError.noCheckpoint("there is no checkpoint at \(url.path)")
      }
      guard isDirectory.boolValue else {
        try add(url)
        continue
      }
      folders.append(url)
      let found = Self.fileNames.compactMap { names in
        names.map { url.appending(path: $0) }.first { FileManager.default.fileExists(atPath: $0.path) }
      }
      guard !found.isEmpty else {
        throw SignalSystemError.noCheckpoint(
          "\(url.path) holds no checkpoint (looked for \(Self.fileNames.map { $0[0] }.joined(separator: ", ")))"
        )
      }
      for file in found { try add(file) }
      let settings = url.appending(path: "adapter_config.json")
      if FileManager.default.fileExists(atPath: settings.path) {
        adapter = try AdapterSettings(contentsOf: settings)
      }
    }
  }

  private mutating func add(_ file: URL) throws {
    var own: [String: String] = [:]
    for (name, tensor) in try Self.read(file) {
      guard let canonical = Self.canonical(name) else { continue }
      if let other = own.updateValue(name, forKey: canonical) {
        throw SignalSystemError.duplicate(canonical, first: other, second: name)
      }
      tensors[canonical] = tensor
    }
  }

  private static func read(_ file: URL) throws -> [String: Tensor] {
    if file.pathExtension == "json" { return try ShardedSafetensors(index: file).tensors }
    let handle = try? FileHandle(forReadingFrom: file)
    let head = try? handle?.read(upToCount: 4)
    try? handle?.close()
    let isSafetensors = file.pathExtension == "safetensors" && head?.starts(with: "PK".utf8) != true
    return isSafetensors
      ? try SafetensorsFile(contentsOf: file).tensors : try TorchFile(contentsOf: file).tensors
  }

  /// The name without what wrapped the module while it was trained; nil for what such wrappers keep for themselves.
  static func canonical(_ name: String) -> String? {
    var name = name
    for prefix in ["module.", "model.llama_model.", "llama_model.", "base_model.model."]
    where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    // peft keeps the layer it replaced beside its copy.
    if name.contains(".original_module.") { return nil }
    for part in ["modules_to_save.default.", "modules_to_save."] { name = name.replacing(part, with: "") }
    return name
  }

  // MARK: What is there

  func has(_ name: String) -> Bool { tensors[name] != nil }

  /// The names that start so, in order.
  func names(below prefix: String) -> [String] { tensors.keys.filter { $0.hasPrefix(prefix) }.sorted() }

  /// A configuration value of the folders that were given.
  func setting(_ key: String, in file: String) throws -> Setting? {
    for folder in folders {
      let url = folder.appending(path: file)
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      if let value = try readConfiguration([String: Setting].self, at: url)[key], value != .null {
        return value
      }
    }
    return nil
  }
}
