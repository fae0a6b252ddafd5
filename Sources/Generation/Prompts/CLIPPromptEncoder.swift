import Tensors

/// The text path of Stable Diffusion 1 and 2: CLIP's last hidden states after the final norm.
struct CLIPPromptEncoder: PromptEncoder {
  private let encoder: TextEncoder

  init(_ files: ModelFiles) throws { encoder = try files.textEncoder() }

  func chunkCount(_ prompt: String, _ options: PromptOptions) -> Int { encoder.chunkCount(prompt, options) }

  func check(_ options: PromptOptions) throws { try encoder.check(skipping: options.clipSkip ?? 0) }

  func conditioning(for prompt: String, _ options: PromptOptions) throws -> PromptConditioning {
    try check(options)
    var conditioning = try encoder(prompt, options) { model, output in
      guard let skipped = options.clipSkip, skipped > 0 else { return output.lastHiddenState }
      return model.normalized(try output.hiddenState(skipping: skipped))
    }
    conditioning.pooled = nil
    return conditioning
  }

  /// As in diffusers, layers are left out for the prompt only; the web UI leaves them out for both.
  func unconditional(negativePrompt: String?, _ options: PromptOptions) throws -> PromptConditioning {
    try conditioning(for: negativePrompt ?? "", options.forNegativePrompt)
  }
}

extension PromptOptions {
  var forNegativePrompt: PromptOptions {
    var options = self
    if syntax == .plain { options.clipSkip = nil }
    return options
  }
}
