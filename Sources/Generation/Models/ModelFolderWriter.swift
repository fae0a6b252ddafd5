import Checkpoints
import Foundation
import Tensors
import Tokenizers

/// Writes a model as a folder in diffusers' layout: beside its place first, and renamed when it is whole.
struct ModelFolderWriter {
  private let files: ModelFiles
  /// The type to write a tensor in, by its name, shape and stored type.
  private let type: (String, [Int], DType) -> DType

  init(_ files: ModelFiles, type: @escaping (String, [Int], DType) -> DType) {
    self.files = files
    self.type = type
  }

  func write(to url: URL, progress: (_ written: Int, _ total: Int) throws -> Void) throws {
    let manager = FileManager.default
    let parent = url.deletingLastPathComponent()
    let process = ProcessInfo.processInfo.processIdentifier
    let temporary = parent.appending(path: ".\(url.lastPathComponent).\(process).part")
    try manager.createDirectory(at: temporary, withIntermediateDirectories: false)
    do {
      try writeParts(to: temporary, progress: progress)
      try replace(url, by: temporary)
    } catch {
      try? manager.removeItem(at: temporary)
      throw error
    }
  }

  private func replace(_ url: URL, by folder: URL) throws {
    let manager = FileManager.default
    let old = folder.appendingPathExtension("old")
    let exists = manager.fileExists(atPath: url.path)
    if exists { try manager.moveItem(at: url, to: old) }
    do {
      try manager.moveItem(at: folder, to: url)
    } catch {
      if exists { try manager.moveItem(at: old, to: url) }
      throw error
    }
    if exists { try manager.removeItem(at: old) }
  }

  private func writeParts(to folder: URL, progress: (_ written: Int, _ total: Int) throws -> Void) throws {
    let parts = self.parts
    let weights = try parts.map { try files.weights(of: $0) }
    let total = weights.reduce(0) { $0 + $1.all.count }
    var done = 0
    for (part, weights) in zip(parts, weights) {
      let place = folder.appending(path: part.rawValue)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try files.layout.configuration(of: part).json.write(to: place.appending(path: "config.json"))
      let isEncoder = part == .textEncoder || part == .textEncoder2
      let name = isEncoder ? "model.safetensors" : "diffusion_pytorch_model.safetensors"
      let plans = weights.all.map { name, tensor in
        TensorPlan(name, tensor.shape, type(name, tensor.shape, tensor.dtype)) { tensor }
      }
      try SafetensorsFile.write(plans, metadata: ["format": "pt"], to: place.appending(path: name)) {
        try progress(done + $0, total)
      }
      done += plans.count
      if isEncoder { try writeTokenizer(for: part, to: folder) }
    }
    let scheduler = folder.appending(path: ModelPart.scheduler.rawValue)
    try FileManager.default.createDirectory(at: scheduler, withIntermediateDirectories: true)
    try files.layout.configuration(of: .scheduler).json
      .write(to: scheduler.appending(path: "scheduler_config.json"))
    try writeRest(to: folder)
  }

  /// The parts that have weights.
  private var parts: [ModelPart] {
    switch files.index.pipeline {
    case .signalTokens: [.unet, .vae]
    case .stableDiffusion: [.unet, .vae, .textEncoder]
    case .stableDiffusionXL:
      files.index.hasFirstTextEncoder
        ? [.unet, .vae, .textEncoder, .textEncoder2] : [.unet, .vae, .textEncoder2]
    }
  }

  private func writeTokenizer(for encoder: ModelPart, to folder: URL) throws {
    let place = folder.appending(path: encoder.tokenizerFolder)
    if !ModelFiles.isFile(files.url) {
      try FileManager.default.copyItem(at: files.url.appending(path: encoder.tokenizerFolder), to: place)
    } else {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let tokenizer = try files.layout.tokenizer(for: encoder)
      try CLIPTokenizer.writeBuiltIn(to: place, padToken: tokenizer.padID == 0 ? "!" : "<|endoftext|>")
    }
  }

  /// The index, and whatever else a folder holds.
  private func writeRest(to folder: URL) throws {
    let index = folder.appending(path: "model_index.json")
    guard !ModelFiles.isFile(files.url) else {
      let encoder = JSONSerialization.WritingOptions([.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
      try JSONSerialization.data(withJSONObject: modelIndex, options: encoder).write(to: index)
      return
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: files.url.path) {
      let copy = folder.appending(path: name)
      guard !FileManager.default.fileExists(atPath: copy.path), !name.hasPrefix(".") else { continue }
      try FileManager.default.copyItem(at: files.url.appending(path: name), to: copy)
    }
  }

  private var modelIndex: [String: Any] {
    let schedulerClass = files.scheduler.className ?? "PNDMScheduler"
    var index: [String: Any] = [
      "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
      "scheduler": ["diffusers", schedulerClass],
    ]
    let isXL = files.index.pipeline == .stableDiffusionXL
    let isInpainting = files.unetConfiguration.inChannels == 9
    if isXL {
      let task = files.index.hasFirstTextEncoder ? isInpainting ? "Inpaint" : "" : "Img2Img"
      index["_class_name"] = "StableDiffusionXL\(task)Pipeline"
      index["force_zeros_for_empty_prompt"] = files.index.zerosForEmptyPrompt
      index["text_encoder_2"] = ["transformers", "CLIPTextModelWithProjection"]
      index["tokenizer_2"] = ["transformers", "CLIPTokenizer"]
      if !files.index.hasFirstTextEncoder { index["requires_aesthetics_score"] = true }
    } else {
      index["_class_name"] =
        files.unetConfiguration.timeConditionWidth != nil
        ? "LatentConsistencyModelPipeline"
        : isInpainting ? "StableDiffusionInpaintPipeline" : "StableDiffusionPipeline"
      index["safety_checker"] = [NSNull(), NSNull()]
      index["feature_extractor"] = [NSNull(), NSNull()]
      index["requires_safety_checker"] = false
    }
    let hasFirst = !isXL || files.index.hasFirstTextEncoder
    index["text_encoder"] = hasFirst ? ["transformers", "CLIPTextModel"] : [NSNull(), NSNull()]
    index["tokenizer"] = hasFirst ? ["transformers", "CLIPTokenizer"] : [NSNull(), NSNull()]
    return index
  }
}
