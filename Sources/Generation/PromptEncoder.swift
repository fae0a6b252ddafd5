import DiffusionModels
import Tensors

/// What turns words into the conditioning of a picture.
protocol PromptEncoder: Sendable {
  /// (1, m, C) for a prompt.
  func conditioning(for prompt: String) throws -> Tensor
  /// (1, m, C) for the pass without the prompt: that of the negative prompt, or of none.
  func unconditional(negativePrompt: String?) throws -> Tensor
}
