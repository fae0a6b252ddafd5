import DiffusionModels
import Foundation
import Tensors

/// Pictures of what a run is up to, made of its predictions of the clean latents.
struct Previewer: Sendable {
  private enum Kind: Sendable {
    case tiny(AutoencoderTiny.Decoder)
    case projection(LatentProjection)
  }

  private let kind: Kind
  private let interval: Int
  private let pixelsPerLatent: Int

  /// Nil where no previews are asked for.
  /// - Parameter decoder: fits the colours where there is no tiny decoder.
  init?(_ files: ModelFiles, _ options: PipelineOptions, decoder: () throws -> AutoencoderKL.Decoder) throws {
    guard options.previewInterval > 0 else { return nil }
    interval = options.previewInterval
    let model = files.autoencoderConfiguration
    pixelsPerLatent = model.pixelsPerLatent
    if let url = options.previewAutoencoder ?? options.tinyAutoencoder {
      kind = .tiny(try PictureDecoder.tiny(url, for: model))
    } else {
      let decoder = try decoder()
      kind = .projection(
        try LatentProjection(channels: model.latentChannels) {
          let decoded = try decoder(model.unscaled($0), checkpoint: options.checkpoint)
          guard decoded.isFinite else { throw GenerationError.notFinite("the autoencoder") }
          return decoded
        })
    }
  }

  /// A preview after a step, if it is one that gets one; the last does not, for the picture follows.
  func callAsFunction(_ denoised: Tensor, completed: Int, total: Int) throws -> Picture? {
    guard completed % interval == 0, completed < total, denoised.isFinite else { return nil }
    switch kind {
    case .tiny(let decoder):
      let decoded = try decoder(decoder.configuration.unscaled(denoised))
      return decoded.isFinite ? Picture(decoded: decoded) : nil
    case .projection(let project):
      let small = project(denoised)
      return small.resized(
        width: small.width * pixelsPerLatent, height: small.height * pixelsPerLatent)
    }
  }
}
