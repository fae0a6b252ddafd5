import Checkpoints
import DiffusionModels
import Foundation
import Layers
import Samplers
import Tensors
import TextEncoders
import Tokenizers

/// The files of a model, opened but not loaded: its configurations, and each part's network when it is asked for.
public struct ModelFiles: Sendable {
  public let url: URL
  /// What pictures say they were made with: the file's or folder's name.
  public let name: String
  public let scheduler: SchedulerConfiguration
  public let unetConfiguration: UNet2DConfiguration
  public let autoencoderConfiguration: AutoencoderKLConfiguration
  let index: ModelIndex
  let layout: any ModelLayout
  private let autoencoder: AutoencoderFiles?
  private let adapters: [LoRAFile]
  let embeddings: [TextualInversion]

  /// Reads the configurations and checks that they fit together.
  ///
  /// - Parameter url: a folder in diffusers' layout, or a single `.safetensors`, `.ckpt` or `.gguf` file.
  public init(contentsOf url: URL, _ choices: ModelChoices = ModelChoices()) throws {
    self.url = url
    let isFile = Self.isFile(url)
    layout = try isFile ? SingleFileLayout(url) : FolderLayout(url, variant: choices.variant)
    name = (isFile ? url.deletingPathExtension() : url.standardizedFileURL).lastPathComponent
    index = layout.index
    scheduler = try Self.scheduler(layout.configuration(of: .scheduler), choices.prediction)
    let unet = try layout.configuration(of: .unet)
    unetConfiguration = try UNet2DConfiguration(json: unet.json, source: unet.source)
    let own = try layout.configuration(of: .vae)
    let ownConfiguration = try AutoencoderKLConfiguration(json: own.json, source: own.source)
    autoencoder = try choices.autoencoder.map {
      try AutoencoderFiles($0, scalingFactor: ownConfiguration.scalingFactor)
    }
    autoencoderConfiguration =
      try autoencoder.map {
        try AutoencoderKLConfiguration(json: $0.configuration.json, source: $0.configuration.source)
      } ?? ownConfiguration
    adapters = try choices.adapters.map { try LoRAFile(contentsOf: $0.file, scale: $0.scale) }
    embeddings = try choices.embeddings.map { try TextualInversion(contentsOf: $0.file, name: $0.name) }
    try checkThatAdaptersFit()
  }

  private static func scheduler(
    _ file: (json: Data, source: String), _ prediction: PredictionType?
  ) throws -> SchedulerConfiguration {
    do {
      var scheduler = try SchedulerConfiguration(data: file.json)
      if let prediction { scheduler.predictionType = prediction }
      return scheduler
    } catch {
      throw ConfigurationError("\(error)", file: file.source)
    }
  }

  static func isFile(_ url: URL) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
      && !isDirectory.boolValue
  }

  // MARK: Weights

  /// A part's tensors under diffusers' names, with what LoRA files add to them.
  func weights(of part: ModelPart) throws -> Weights {
    if part == .vae, let autoencoder { return try autoencoder.weights() }
    let weights = try layout.weights(of: part)
    guard !adapters.isEmpty, let section = part.section else { return weights }
    let tensors = try adapters.reduce(weights.all) { tensors, adapter in
      try adapter.merged(into: tensors, of: section)
    }
    return Weights(tensors, source: weights.source)
  }

  /// A LoRA that does not fit shall be known before anything is loaded.
  private func checkThatAdaptersFit() throws {
    guard !adapters.isEmpty else { return }
    let parts: [ModelPart] =
      switch index.pipeline {
      case .signalTokens: [.unet]
      case .stableDiffusion: [.unet, .textEncoder]
      case .stableDiffusionXL:
        index.hasFirstTextEncoder ? [.unet, .textEncoder, .textEncoder2] : [.unet, .textEncoder2]
      }
    let shapes = try parts.map { ($0, try layout.weights(of: $0).all) }
    for adapter in adapters {
      try adapter.verifyPlaces { section in shapes.first { $0.0.section == section }?.1 ?? [:] }
    }
  }

  /// The tensors of a part by diffusers' names, for estimates: nothing is loaded.
  func shapes(of part: ModelPart) throws -> [String: [Int]] {
    try (part == .vae ? weights(of: part) : layout.weights(of: part)).shapes
  }

  // MARK: Networks, loaded anew by each call

  func unet(_ precision: Precision = .f32) throws -> UNet2DConditionModel {
    try UNet2DConditionModel(weights(of: .unet).with(precision), unetConfiguration)
  }

  func decoder(_ precision: Precision = .f32) throws -> AutoencoderKL.Decoder {
    try AutoencoderKL.Decoder(weights(of: .vae).with(precision), autoencoderConfiguration)
  }

  func encoder(_ precision: Precision = .f32) throws -> AutoencoderKL.Encoder {
    try AutoencoderKL.Encoder(weights(of: .vae).with(precision), autoencoderConfiguration)
  }

  /// - Parameter part: one of the two text encoders.
  func textEncoder(_ part: ModelPart = .textEncoder) throws -> TextEncoder {
    let tokenizer = try layout.tokenizer(for: part)
    let configuration = try textEncoderConfiguration(part)
    let weights = try weights(of: part)
    let model = try CLIPTextModel(weights, configuration)
    try weights.verifyAllRead { $0.hasSuffix("embeddings.position_ids") }
    return try TextEncoder(tokenizer, model, embeddings)
  }

  func textEncoderConfiguration(_ part: ModelPart) throws -> CLIPTextConfiguration {
    let file = try layout.configuration(of: part)
    return try readConfiguration(CLIPTextConfiguration.self, from: file.json, file: file.source)
  }
}
