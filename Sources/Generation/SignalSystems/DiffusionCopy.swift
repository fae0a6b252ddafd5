import Foundation
import Layers

/// The parts of a Stable Diffusion folder that a signal-token folder takes over.
struct DiffusionCopy {
  let url: URL
  let schedulerClass: String
  private let parts: [String]
  private let changesScheduler: Bool

  /// - Parameters:
  ///   - width: of the conditioning that the UNet must take.
  ///   - scheduler: a class to use instead of the folder's.
  init(_ url: URL, width: Int, needsTextEncoder: Bool, scheduler: String?) throws {
    self.url = url
    parts = ["unet", "vae", "scheduler"] + (needsTextEncoder ? ["text_encoder", "tokenizer"] : [])
    for part in parts {
      var isDirectory: ObjCBool = false
      let folder = url.appending(path: part)
      guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory),
        isDirectory.boolValue
      else {
        throw SignalSystemError.diffusion(
          "\(folder.path) is missing; --diffusion takes a Stable Diffusion folder in diffusers' layout")
      }
    }
    let unet = url.appending(path: "unet/config.json")
    let found = try readConfiguration([String: Setting].self, at: unet)["cross_attention_dim"]?.integer
    guard found == width else {
      throw SignalSystemError.diffusion(
        "\(unet.path): the UNet is conditioned on states \(found.map(String.init) ?? "of no single number") wide, but the "
          + "projector makes \(width); is it the diffusion model of this system?")
    }
    let file = url.appending(path: "scheduler/scheduler_config.json")
    let own = try readConfiguration([String: Setting].self, at: file)["_class_name"]
    guard case .string(let name)? = own else {
      throw ConfigurationError("_class_name must be a string", file: file.path)
    }
    schedulerClass = scheduler ?? name
    changesScheduler = scheduler != nil && scheduler != name
  }

  func write(to folder: URL) throws {
    for part in parts { try copy(url.appending(path: part), to: folder.appending(path: part)) }
    guard changesScheduler else { return }
    let file = folder.appending(path: "scheduler/scheduler_config.json")
    guard var values = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] else {
      throw ConfigurationError("is not a JSON object", file: file.path)
    }
    values["_class_name"] = schedulerClass
    try FileManager.default.removeItem(at: file)
    try LanguageModelCopy.writeJSON(values, to: file)
  }

  /// Copies the files of a folder, and what links among them point to; other formats of the same weights stay behind.
  private func copy(_ source: URL, to target: URL) throws {
    let files = FileManager.default
    try files.createDirectory(at: target, withIntermediateDirectories: true)
    let names = try files.contentsOfDirectory(atPath: source.path).sorted()
    let hasSafetensors = names.contains { $0.hasSuffix(".safetensors") }
    for name in names where !name.hasPrefix(".") {
      let file = source.appending(path: name).resolvingSymlinksInPath()
      var isDirectory: ObjCBool = false
      guard files.fileExists(atPath: file.path, isDirectory: &isDirectory), !isDirectory.boolValue,
        !["onnx", "msgpack", "pb"].contains(file.pathExtension), !(hasSafetensors && name.hasSuffix(".bin"))
      else { continue }
      try files.copyItem(at: file, to: target.appending(path: name))
    }
  }
}
