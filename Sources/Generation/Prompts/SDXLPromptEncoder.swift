import Tensors

/// The text path of Stable Diffusion XL (Podell et al. 2023): the last but one hidden states of two CLIP encoders side by
/// side, and the pooled embedding of the second. The refiner has the second only.
struct SDXLPromptEncoder: PromptEncoder {
  private let encoders: [TextEncoder]
  /// Whether no negative prompt means zeros rather than the empty prompt.
  private let zerosForNone: Bool

  init(_ files: ModelFiles) throws {
    let parts: [ModelPart] =
      files.index.hasFirstTextEncoder ? [.textEncoder, .textEncoder2] : [.textEncoder2]
    encoders = try parts.map(files.textEncoder)
    zerosForNone = files.index.zerosForEmptyPrompt
  }

  func chunkCount(_ prompt: String, _ options: PromptOptions) -> Int {
    encoders.map { $0.chunkCount(prompt, options) }.max() ?? 1
  }

  func check(_ options: PromptOptions) throws {
    for encoder in encoders { try encoder.check(skipping: 1 + (options.clipSkip ?? 0)) }
  }

  func conditioning(for prompt: String, _ options: PromptOptions) throws -> PromptConditioning {
    try check(options)
    var options = options
    options.minimumChunks = max(options.minimumChunks, chunkCount(prompt, options))
    let outputs = try encoders.map {
      try $0(prompt, options) { _, output in try output.hiddenState(skipping: 1 + (options.clipSkip ?? 0)) }
    }
    let states = outputs.map(\.states)
    guard states.allSatisfy({ $0.shape[1] == states[0].shape[1] }) else {
      throw GenerationError.incompatible("the two text encoders read different numbers of tokens")
    }
    guard let pooled = outputs[outputs.count - 1].pooled else {
      throw GenerationError.incompatible("text_encoder_2 has no text_projection, which SDXL needs")
    }
    return PromptConditioning(states: Tensor.concatenating(states, axis: -1), pooled: pooled)
  }

  func unconditional(negativePrompt: String?, _ options: PromptOptions) throws -> PromptConditioning {
    guard negativePrompt == nil, zerosForNone else {
      return try conditioning(for: negativePrompt ?? "", options.forNegativePrompt)
    }
    let empty = try conditioning(for: "", options)
    return PromptConditioning(
      states: Tensor.zeros(empty.states.shape), pooled: empty.pooled.map { Tensor.zeros($0.shape) })
  }
}
