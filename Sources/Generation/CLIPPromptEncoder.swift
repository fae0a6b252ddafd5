import Foundation
import Tensors
import TextEncoders
import Tokenizers

/// The text path of Stable Diffusion 1 and 2: CLIP's last hidden states after the final norm.
struct CLIPPromptEncoder: PromptEncoder {
  private let tokenizer: CLIPTokenizer
  private let model: CLIPTextModel

  /// - Parameter folder: a model folder with `tokenizer/` and `text_encoder/`.
  init(folder: URL) throws {
    tokenizer = try CLIPTokenizer(folder: folder.appending(path: "tokenizer"))
    model = try CLIPTextModel(folder: folder.appending(path: "text_encoder"))
  }

  func conditioning(for prompt: String) throws -> PromptConditioning {
    PromptConditioning(states: try model([tokenizer.encode(prompt)]).lastHiddenState)
  }

  func unconditional(negativePrompt: String?) throws -> PromptConditioning {
    try conditioning(for: negativePrompt ?? "")
  }
}
