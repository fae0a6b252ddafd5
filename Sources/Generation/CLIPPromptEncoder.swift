import Tensors
import TextEncoders
import Tokenizers

/// The text path of Stable Diffusion 1 and 2: CLIP's last hidden states after the final norm.
struct CLIPPromptEncoder: PromptEncoder {
  private let tokenizer: CLIPTokenizer
  private let model: CLIPTextModel

  init(_ files: ModelFiles) throws { (tokenizer, model) = try files.textEncoder() }

  func conditioning(for prompt: String) throws -> PromptConditioning {
    PromptConditioning(states: try model([tokenizer.encode(prompt)]).lastHiddenState)
  }

  func unconditional(negativePrompt: String?) throws -> PromptConditioning {
    try conditioning(for: negativePrompt ?? "")
  }
}
