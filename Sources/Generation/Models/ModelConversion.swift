import Checkpoints
import DiffusionModels
import Foundation
import Layers
import Tensors

/// A model's files written anew in another layout or type: a folder as diffusers saves it, a `.safetensors` file or a
/// `.gguf` file in the original layout. Tensors are read, converted and written one by one.
public struct ModelConversion {
  /// The types that tensors can be written in.
  public enum ElementType: String, CaseIterable, Sendable { case f32, f16, bf16, q8_0, q4_0 }

  private let files: ModelFiles
  /// Nil: as they are stored.
  private let type: ElementType?

  public init(_ files: ModelFiles, type: ElementType?) {
    self.files = files
    self.type = type
  }

  /// Writes the model; nothing is left of a failed attempt.
  ///
  /// - Parameters:
  ///   - url: its ending decides: `.safetensors`, `.gguf`, or none of these for a folder.
  ///   - replaces: whether something that is there already may be replaced.
  ///   - progress: called after each tensor; what it throws stops the work.
  public func write(
    to url: URL, replaces: Bool = false, progress: (_ written: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    guard replaces || !FileManager.default.fileExists(atPath: url.path) else {
      throw ConversionError.exists(url.path)
    }
    guard files.url.standardizedFileURL != url.standardizedFileURL else {
      throw ConversionError.same(url.path)
    }
    let isBlocks = type == .q8_0 || type == .q4_0
    switch url.pathExtension.lowercased() {
    case "gguf":
      let plans = try singleFilePlans()
      try GGUFFile.write(plans, metadata: metadata(isGGUF: true), to: url) { try progress($0, plans.count) }
    case "safetensors":
      guard !isBlocks else { throw ConversionError.blocks(url.path) }
      let plans = try singleFilePlans()
      let metadata = Dictionary(uniqueKeysWithValues: metadata(isGGUF: false))
      try SafetensorsFile.write(plans, metadata: metadata, to: url) { try progress($0, plans.count) }
    case "ckpt", "pt", "pth", "bin": throw ConversionError.torch(url.path)
    default:
      guard !isBlocks else { throw ConversionError.blocks(url.path) }
      try ModelFolderWriter(files) { Self.floating($1, $2, type) }.write(to: url, progress: progress)
    }
  }

  // MARK: Single files

  private func singleFilePlans() throws -> [TensorPlan] {
    let family = try family()
    try checkThatShapesTell(family)
    let layout = OriginalLayout(family)
    return try parts(family).flatMap { part, section in
      let weights = try files.weights(of: part)
      return try layout.plans(section, weights.all, source: weights.source) { Self.type($0, $1, $2, type) }
    }
  }

  private func parts(
    _ family: SingleFileCheckpoint.Family
  ) -> [(ModelPart, SingleFileCheckpoint.Part)] {
    let networks: [(ModelPart, SingleFileCheckpoint.Part)] = [(.unet, .unet), (.vae, .autoencoder)]
    switch family {
    case .sd1, .sd2: return networks + [(.textEncoder, .textEncoder)]
    case .sdxl: return networks + [(.textEncoder, .textEncoder), (.textEncoder2, .textEncoder2)]
    case .sdxlRefiner: return networks + [(.textEncoder2, .textEncoder2)]
    }
  }

  private func family() throws -> SingleFileCheckpoint.Family {
    if let single = files.layout as? SingleFileLayout { return single.file.family }
    switch files.index.pipeline {
    case .signalTokens: throw ConversionError.noSingleFile(files.url.path, "a language model and projector")
    case .stableDiffusionXL: return files.index.hasFirstTextEncoder ? .sdxl : .sdxlRefiner
    case .stableDiffusion:
      return try files.textEncoderConfiguration(.textEncoder).activation == .gelu ? .sd2 : .sd1
    }
  }

  /// A single file has no configurations. What its tensors' shapes and family do not tell would be lost.
  private func checkThatShapesTell(_ family: SingleFileCheckpoint.Family) throws {
    let pooled =
      family == .sdxl || family == .sdxlRefiner
      ? try files.textEncoderConfiguration(.textEncoder2).projectionSize : nil
    let unet = UNetShape(try files.weights(of: .unet).all.mapValues(\.shape), family)
    let json = try JSONSerialization.data(
      withJSONObject: unet.configuration(sampleSize: 64, pooledWidth: pooled))
    let encoders: [ModelPart] = parts(family).map(\.0).filter { $0 != .unet && $0 != .vae }
    for encoder in encoders {
      let configuration = try files.textEncoderConfiguration(encoder)
      guard configuration.heads == max(1, configuration.hiddenSize / 64) else {
        throw ConversionError.noSingleFile(
          files.url.path, "\(encoder.rawValue) with other than 64 values a head")
      }
    }
    let lost = ConversionError.noSingleFile(
      files.url.path, "settings (heads or groups) that a file without configurations cannot tell")
    do {
      var told = try UNet2DConfiguration(json: json)
      told.sampleSize = files.unetConfiguration.sampleSize
      guard told == files.unetConfiguration, files.autoencoderConfiguration.normGroups == 32 else {
        throw lost
      }
    } catch is ConfigurationError {
      throw lost
    }
  }

  private func metadata(isGGUF: Bool) -> [(key: String, value: String)] {
    let prediction = files.scheduler.predictionType == .velocity ? "v" : "epsilon"
    let architecture = [("general.architecture", "stable-diffusion"), ("general.name", files.name)]
    return (isGGUF ? architecture : []) + [(SingleFileLayout.predictionKey, prediction)]
  }

  // MARK: Types

  /// What a tensor of a single file is written in. Blocks are for matrices whose rows hold whole ones, but for embeddings,
  /// as in stable-diffusion.cpp; other tensors of two dimensions and more become fp16 then, and vectors stay.
  private static func type(_ name: String, _ shape: [Int], _ stored: DType, _ wanted: ElementType?) -> DType {
    let wantsBlocks = wanted == .q8_0 || wanted == .q4_0
    guard wantsBlocks else { return floating(shape, stored, wanted) }
    let isSpared = ["embedding", "time_embed.", "label_emb."].contains { name.contains($0) }
    guard stored.isFloatingPoint, shape.count >= 2 else { return floating(shape, stored, nil) }
    if shape.count == 2, !isSpared, shape[1] % 32 == 0 { return wanted == .q8_0 ? .q8_0 : .q4_0 }
    return .float16
  }

  private static func floating(_ shape: [Int], _ stored: DType, _ wanted: ElementType?) -> DType {
    guard stored.isFloatingPoint else { return stored }
    switch wanted {
    case .f32: return .float32
    case .f16: return .float16
    case .bf16: return .bfloat16
    // As it is, where its shape allows, and not wider than what computes.
    default: return stored.byteCount(of: shape) == nil || stored == .float64 ? .float32 : stored
    }
  }
}

/// Why a model was not converted, and what to do about it.
public enum ConversionError: Error, Equatable, CustomStringConvertible {
  case exists(String)
  case same(String)
  case blocks(String)
  case torch(String)
  case noSingleFile(String, String)

  public var description: String {
    switch self {
    case .exists(let path): "\(path): exists already; --force replaces it"
    case .same(let path): "\(path): is the model itself; name another place"
    case .blocks(let path): "\(path): q8_0 and q4_0 need a .gguf file"
    case .torch(let path): "\(path): pickles are not written; end the name with .safetensors or .gguf"
    case .noSingleFile(let path, let reason):
      "\(path): has \(reason); convert it to a folder instead"
    }
  }
}
