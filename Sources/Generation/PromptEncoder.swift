import Tensors

/// What turns words into the conditioning of a picture.
protocol PromptEncoder: Sendable {
  /// For a prompt.
  func conditioning(for prompt: String) throws -> PromptConditioning
  /// For texts and pictures.
  func conditioning(for prompt: InterleavedPrompt) throws -> PromptConditioning
  /// For the pass without the prompt: that of the negative prompt, or of none.
  func unconditional(negativePrompt: String?) throws -> PromptConditioning
}

extension PromptEncoder {
  /// Text encoders read no pictures.
  func conditioning(for prompt: InterleavedPrompt) throws -> PromptConditioning {
    guard !prompt.hasPictures else { throw GenerationError.noImageEncoder("the model") }
    return try conditioning(for: prompt.text)
  }
}

/// A prompt as the UNet takes it.
struct PromptConditioning {
  var states: Tensor  // (1, m, C)
  /// SDXL's pooled text embedding, (1, P).
  var pooled: Tensor?
}
