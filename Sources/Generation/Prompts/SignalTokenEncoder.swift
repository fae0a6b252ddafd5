import Foundation
import LanguageModels
import Projectors
import Tensors

/// The path of NExT-GPT, MiniGPT-5 and GILL: the language model reads the prompt, signal tokens follow, and the
/// projector maps its states there to the conditioning.
package struct SignalTokenEncoder: PromptEncoder {
  /// What writes texts.
  let writer: LanguageModel
  /// What reads prompts and signals: the same, or the layers of it that the projector was trained on.
  let model: LanguageModel
  /// `model` where it is less than what writes.
  var reader: LanguageModel? { model.decoder.layerCount < writer.decoder.layerCount ? model : nil }
  private let projector: OutputProjector
  private let signals: SignalTokens
  private let template: PromptTemplate
  private let textEncoder: CLIPPromptEncoder?
  let folder: URL

  /// - Parameters:
  ///   - files: a model folder with `projector/` and `llm/`.
  ///   - languageModel: a file or folder to use instead of `llm/`.
  ///   - quiet: fetch the language model, where that is needed, without a word.
  init(_ files: ModelFiles, languageModel: URL? = nil, quiet: Bool = false) throws {
    folder = files.url
    projector = try loadProjector(folder: folder.appending(path: "projector"))
    let configuration = projector.configuration
    template = try PromptTemplate(configuration.promptTemplate)
    textEncoder =
      configuration.nullCondition == .text ? try CLIPPromptEncoder(files) : nil
    let url = try languageModel ?? LanguageModelSource.languageModel(of: folder, quiet: quiet)
    writer = try LanguageModel(contentsOf: url)
    model = try configuration.llmLayers.map(writer.keeping(layers:)) ?? writer
    guard model.decoder.hiddenSize == configuration.llmHiddenSize else {
      throw GenerationError.wrongLanguageModel(
        url.path, width: model.decoder.hiddenSize, expected: configuration.llmHiddenSize)
    }
    signals = try Self.signals(projector, model)
  }

  func check(_ options: PromptOptions) throws {}

  /// A language model reads any length in one go.
  func chunkCount(_ prompt: String, _ options: PromptOptions) -> Int { 1 }

  func conditioning(for prompt: String, _ options: PromptOptions) throws -> PromptConditioning {
    try conditioning(states: signals.states(prompt: prompt, template: template, model: model))
  }

  /// From the language model's states (n, hidden) at the signals, wherever it read them.
  func conditioning(states: Tensor) throws -> PromptConditioning {
    PromptConditioning(
      states: try projector(states.reshaped([1] + states.shape), inputEmbeddings: signals.embeddings))
  }

  /// Pictures go in through the folder's image encoder, which is opened for them.
  func conditioning(for prompt: InterleavedPrompt, _ options: PromptOptions) throws -> PromptConditioning {
    guard prompt.hasPictures else { return try conditioning(for: prompt.text, options) }
    let text = try model.embeddings(of: template.filled(prompt), reader: ImageReader(folder: folder))
    return try conditioning(states: signals.states(after: text, model: model))
  }

  func unconditional(negativePrompt: String?, _ options: PromptOptions) throws -> PromptConditioning {
    if let negativePrompt { return try conditioning(for: negativePrompt, options) }
    if let condition = projector.nullCondition() { return PromptConditioning(states: condition) }
    guard let textEncoder else { preconditionFailure("a text null condition comes with its encoder") }
    return try textEncoder.conditioning(for: "", PromptOptions())
  }

  /// How the language model asks for a picture while it writes.
  /// - Parameter isForced: pictures are drawn without being asked for, so that the model need not be able to.
  func emission(isForced: Bool) throws -> SignalEmission {
    do {
      return try SignalEmission(signals, head: projector.signalHead)
    } catch {
      guard isForced else { throw StoryError.neverAsks("\(error)") }
      return SignalEmission(mute: signals)
    }
  }

  /// Where the signals are read in a text.
  var cue: PictureCue {
    guard signals.ids == nil else { return .none }
    return .template(template, model.tokenizer)
  }

  /// The tokens whose states the projector reads. NExT-GPT's newer code reads the spaces between them too.
  package static func signals(_ projector: OutputProjector, _ model: LanguageModel) throws -> SignalTokens {
    let configuration = projector.configuration
    let tokens = try SignalTokens(
      names: configuration.signalTokens, embeddings: projector.signalEmbeddings,
      offset: configuration.stateOffset,
      model: model)
    guard configuration.stateCount != tokens.count else { return tokens }
    let space = model.tokenizer.encodeSpace(between: configuration.signalTokens)
    guard space.count == 1 else { throw GenerationError.noSpaceToken }
    return try tokens.separated(by: model.decoder.embeddings(space))
  }
}
