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
  private let layout: any ModelLayout

  /// Reads the configurations and checks that they fit together.
  ///
  /// - Parameter url: a folder in diffusers' layout, or a single `.safetensors`, `.ckpt` or `.gguf` file.
  public init(contentsOf url: URL) throws {
    self.url = url
    let layout = try Self.layout(url)
    self.layout = layout
    name =
      Self.isFile(url)
      ? url.deletingPathExtension().lastPathComponent : url.standardizedFileURL.lastPathComponent
    index = layout.index
    scheduler = try Self.scheduler(layout.configuration(of: .scheduler))
    let unet = try layout.configuration(of: .unet)
    unetConfiguration = try UNet2DConfiguration(json: unet.json, source: unet.source)
    let autoencoder = try layout.configuration(of: .vae)
    autoencoderConfiguration = try AutoencoderKLConfiguration(
      json: autoencoder.json, source: autoencoder.source)
  }

  private static func layout(_ url: URL) throws -> any ModelLayout {
    try isFile(url) ? SingleFileLayout(url) : FolderLayout(url)
  }

  private static func isFile(_ url: URL) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
      && !isDirectory.boolValue
  }

  private static func scheduler(_ file: (json: Data, source: String)) throws -> SchedulerConfiguration {
    do {
      return try SchedulerConfiguration(data: file.json)
    } catch {
      throw ConfigurationError("\(error)", file: file.source)
    }
  }

  /// The tensors of a part by diffusers' names, for estimates: nothing is loaded.
  func shapes(of part: ModelPart) throws -> [String: [Int]] { try layout.weights(of: part).shapes }

  // MARK: Networks, loaded anew by each call

  func unet(_ precision: Precision = .f32) throws -> UNet2DConditionModel {
    try UNet2DConditionModel(layout.weights(of: .unet).with(precision), unetConfiguration)
  }

  func decoder(_ precision: Precision = .f32) throws -> AutoencoderKL.Decoder {
    try AutoencoderKL.Decoder(layout.weights(of: .vae).with(precision), autoencoderConfiguration)
  }

  func encoder(_ precision: Precision = .f32) throws -> AutoencoderKL.Encoder {
    try AutoencoderKL.Encoder(layout.weights(of: .vae).with(precision), autoencoderConfiguration)
  }

  /// - Parameter part: one of the two text encoders.
  func textEncoder(_ part: ModelPart = .textEncoder) throws -> (
    tokenizer: CLIPTokenizer, model: CLIPTextModel
  ) {
    let tokenizer = try layout.tokenizer(for: part)
    let file = try layout.configuration(of: part)
    let configuration = try readConfiguration(CLIPTextConfiguration.self, from: file.json, file: file.source)
    let weights = try layout.weights(of: part)
    let model = try CLIPTextModel(weights, configuration)
    try weights.verifyAllRead { $0.hasSuffix("embeddings.position_ids") }
    return (tokenizer, model)
  }
}
