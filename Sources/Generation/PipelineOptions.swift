import DiffusionModels
import Foundation
import Tensors

/// How a model is loaded and its latents decoded; pictures depend on the decoder and the tiles only.
public struct PipelineOptions: Sendable {
  /// A GGUF file or Hugging Face folder to use instead of the model's `llm/`.
  public var languageModel: URL?
  /// Fetch the language model, where that is needed, without a word.
  public var isQuiet = false
  /// The arithmetic of the UNet and the autoencoder; the text's path is always fp32.
  public var precision = Precision.f32
  /// Load each network when it is needed and let it go when it is done. All pictures of a request are then denoised before
  /// the first is decoded.
  public var isLowMemory = false
  /// A TAESD folder or file to decode with instead of the model's autoencoder.
  public var tinyAutoencoder: URL?
  /// A TAESD folder or file for previews only; nil: the one above, or colours fitted to the latents.
  public var previewAutoencoder: URL?
  /// Steps from one preview to the next; 0 for none.
  public var previewInterval = 0
  /// Nil: pictures are decoded and encoded whole.
  public var tiling: Tiling?
  /// A model of the same latents that takes the last steps.
  public var refiner: ModelFiles?

  /// Called now and then in work that reports nothing; what it throws ends the work.
  public var checkpoint: @Sendable () throws -> Void = { try Task.checkCancellation() }

  public init() {}
}
