import Tensors
import TextEncoders
import Tokenizers

/// The text path of Stable Diffusion XL (Podell et al. 2023): the last but one hidden states of two CLIP encoders side by
/// side, and the pooled embedding of the second. The refiner has the second only.
struct SDXLPromptEncoder: PromptEncoder {
  private let parts: [(tokenizer: CLIPTokenizer, model: CLIPTextModel)]
  /// Whether no negative prompt means zeros rather than the empty prompt.
  private let zerosForNone: Bool

  init(_ files: ModelFiles) throws {
    let encoders: [ModelPart] =
      files.index.hasFirstTextEncoder ? [.textEncoder, .textEncoder2] : [.textEncoder2]
    parts = try encoders.map(files.textEncoder)
    zerosForNone = files.index.zerosForEmptyPrompt
  }

  func conditioning(for prompt: String) throws -> PromptConditioning {
    let outputs = try parts.map { try $0.model([$0.tokenizer.encode(prompt)]) }
    let states = try outputs.map { try $0.hiddenState(skipping: 1) }
    guard states.allSatisfy({ $0.shape[1] == states[0].shape[1] }) else {
      throw GenerationError.incompatible("the two text encoders read different numbers of tokens")
    }
    guard let pooled = outputs[outputs.count - 1].textEmbeds else {
      throw GenerationError.incompatible("text_encoder_2 has no text_projection, which SDXL needs")
    }
    return PromptConditioning(states: Tensor.concatenating(states, axis: -1), pooled: pooled)
  }

  func unconditional(negativePrompt: String?) throws -> PromptConditioning {
    guard negativePrompt == nil, zerosForNone else { return try conditioning(for: negativePrompt ?? "") }
    let empty = try conditioning(for: "")
    return PromptConditioning(
      states: Tensor.zeros(empty.states.shape), pooled: empty.pooled.map { Tensor.zeros($0.shape) })
  }
}
