import Foundation
import Samplers

/// What a user puts beside a model's own files, or in their place.
public struct ModelChoices: Sendable {
  /// Take this variant of a folder's files (`fp16`, say) before others.
  public var variant: String?
  /// What the UNet predicts, whatever the files say.
  public var prediction: PredictionType?
  /// An autoencoder to use instead: a folder with `config.json`, or a single file.
  public var autoencoder: URL?
  /// LoRA files and how much of each to add.
  public var adapters: [(file: URL, scale: Float)] = []
  /// Textual-inversion files, and the name that each has in prompts; nil: the name in the file.
  public var embeddings: [(name: String?, file: URL)] = []

  public init() {}
}
