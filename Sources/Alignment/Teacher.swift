import Foundation
import Generation
import LanguageModels
import Projectors
import Tensors
import TextEncoders
import Tokenizers
import Training

/// What a diffusion model is used to being conditioned by.
protocol Teacher: Sendable {
  /// Captions of `captions` → (B, m, C).
  func conditioning(_ batch: [Caption], of captions: Captions) throws -> Tensor
  /// That of no prompt, (1, m, C).
  func nullCondition() throws -> Tensor
}

/// The conditioning of a signal-token model: its language model and its projector.
struct SignalTokenTeacher: Teacher {
  private let folder: URL
  private let projector: OutputProjector
  private let reader: CaptionReader
  private let signals: SignalTokens

  init(folder: URL, quiet: Bool) throws {
    self.folder = folder
    projector = try loadProjector(folder: folder.appending(path: "projector"))
    let configuration = projector.configuration
    let url = try LanguageModelSource.languageModel(of: folder, quiet: quiet)
    let whole = try LanguageModel(contentsOf: url)
    let model = try configuration.llmLayers.map(whole.keeping(layers:)) ?? whole
    guard model.decoder.hiddenSize == configuration.llmHiddenSize else {
      throw GenerationError.wrongLanguageModel(
        url.path, width: model.decoder.hiddenSize, expected: configuration.llmHiddenSize)
    }
    reader = CaptionReader(
      model, template: try PromptTemplate(configuration.promptTemplate), offset: configuration.stateOffset)
    signals = try SignalTokenEncoder.signals(projector, model)
  }

  func conditioning(_ batch: [Caption], of captions: Captions) throws -> Tensor {
    let texts = try batch.map { caption in
      let tokens = reader.tokens(caption.text)
      try captions.check(
        caption, tokens: tokens.count, room: reader.model.decoder.contextLength - signals.count,
        of: "the teacher's language model")
      return tokens
    }
    return try projector(reader.states(signals.embeddings, after: texts), inputEmbeddings: signals.embeddings)
  }

  func nullCondition() throws -> Tensor {
    try projector.nullCondition() ?? CLIPTeacher(folder: folder).nullCondition()
  }
}

/// The text encoder of a Stable Diffusion folder, as GILL and NExT-GPT use it.
struct CLIPTeacher: Teacher {
  private let tokenizer: CLIPTokenizer
  private let model: CLIPTextModel

  init(folder: URL) throws {
    tokenizer = try CLIPTokenizer(folder: folder.appending(path: "tokenizer"))
    model = try CLIPTextModel(folder: folder.appending(path: "text_encoder"))
  }

  func conditioning(_ batch: [Caption], of captions: Captions) throws -> Tensor {
    for caption in batch {
      // What does not fit would be cut off, and the language model would learn to say what nobody heard.
      let whole = tokenizer.encode(caption.text, length: caption.text.utf8.count + 2)
      let count = 1 + (whole.dropFirst().firstIndex(of: tokenizer.eosID) ?? whole.count)
      try captions.check(
        caption, tokens: count, room: tokenizer.maximumLength, of: "the teacher's CLIP encoder")
    }
    return try model(batch.map { tokenizer.encode($0.text) }).lastHiddenState
  }

  func nullCondition() throws -> Tensor { try model([tokenizer.encode("")]).lastHiddenState }
}
