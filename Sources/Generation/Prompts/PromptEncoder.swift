import Tensors

/// What turns words into the conditioning of a picture.
protocol PromptEncoder: Sendable {
  /// For a prompt.
  func conditioning(for prompt: String, _ options: PromptOptions) throws -> PromptConditioning
  /// For texts and pictures.
  func conditioning(for prompt: InterleavedPrompt, _ options: PromptOptions) throws -> PromptConditioning
  /// For the pass without the prompt: that of the negative prompt, or of none.
  func unconditional(negativePrompt: String?, _ options: PromptOptions) throws -> PromptConditioning
  /// Fails if a prompt cannot be read so.
  func check(_ options: PromptOptions) throws
  /// How many rows of the text encoder a prompt takes.
  func chunkCount(_ prompt: String, _ options: PromptOptions) -> Int
}

extension PromptEncoder {
  /// Text encoders read no pictures.
  func conditioning(for prompt: InterleavedPrompt, _ options: PromptOptions) throws -> PromptConditioning {
    guard !prompt.hasPictures else { throw GenerationError.noImageEncoder("the model") }
    return try conditioning(for: prompt.text, options)
  }

  /// The options with which both prompts come out equally long.
  func options(_ request: GenerationRequest) -> PromptOptions {
    var options = request.promptOptions
    options.minimumChunks = max(
      chunkCount(request.prompt, options), chunkCount(request.negativePrompt ?? "", options))
    return options
  }
}

/// A prompt as the UNet takes it.
struct PromptConditioning {
  var states: Tensor  // (1, m, C)
  /// SDXL's pooled text embedding, (1, P).
  var pooled: Tensor?
}
