import DiffusionModels
import Foundation
import Tensors

/// What turns latents into pictures: a model's own autoencoder, or a small one distilled from it.
struct PictureDecoder: Sendable {
  private enum Network: Sendable {
    case full(AutoencoderKL.Decoder)
    case tiny(AutoencoderTiny.Decoder)
  }

  private let network: Network
  private let tiling: Tiling?

  init(_ files: ModelFiles, _ options: PipelineOptions) throws {
    tiling = options.tiling
    guard let url = options.tinyAutoencoder else {
      network = .full(try files.decoder(options.precision))
      return
    }
    network = .tiny(try Self.tiny(url, for: files.autoencoderConfiguration))
  }

  /// A tiny decoder that takes a model's latents.
  static func tiny(
    _ url: URL, for model: AutoencoderKLConfiguration
  ) throws -> AutoencoderTiny.Decoder {
    let decoder = try AutoencoderTiny.Decoder(contentsOf: url)
    let tiny = decoder.configuration
    guard (tiny.latentChannels, tiny.outputPixelsPerLatent) == (model.latentChannels, model.pixelsPerLatent)
    else {
      throw GenerationError.incompatible(
        "\(url.path): decodes \(tiny.latentChannels) latent channels to \(tiny.outputPixelsPerLatent) pixels a side, "
          + "but the model has \(model.latentChannels) and \(model.pixelsPerLatent)")
    }
    return decoder
  }

  /// The UNet's latents (1, C, h, w) → a picture.
  /// - Parameter checkpoint: called every now and then; what it throws ends the work.
  func callAsFunction(_ latents: Tensor, checkpoint: () throws -> Void = {}) throws -> Picture {
    let decoded: Tensor
    switch network {
    case .full(let decoder):
      decoded = try decoder(decoder.configuration.unscaled(latents), tiling: tiling, checkpoint: checkpoint)
    case .tiny(let decoder): decoded = try decoder(decoder.configuration.unscaled(latents))
    }
    guard decoded.isFinite else { throw GenerationError.notFinite("the autoencoder") }
    return Picture(decoded: decoded)
  }
}
