import Checkpoints
import Foundation
import Tokenizers

/// A way in which a model lies on disk: what it says of its parts, all of it in diffusers' names and configurations.
protocol ModelLayout: Sendable {
  var index: ModelIndex { get }
  /// A part's configuration, JSON as in its `config.json` (`scheduler_config.json`), and what to call it in messages.
  func configuration(of part: ModelPart) throws -> (json: Data, source: String)
  /// A part's tensors under diffusers' names. They are mapped, and read when they are touched.
  func weights(of part: ModelPart) throws -> Weights
  /// The tokenizer that goes with a text encoder.
  func tokenizer(for encoder: ModelPart) throws -> CLIPTokenizer
}
