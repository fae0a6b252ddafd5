import LanguageModels
import Layers
import Projectors
import Tensors

extension AlignmentRequest {
  /// The new projector's configuration: what was asked for, else what the published design has, made to fit the teacher's
  /// conditioning (1, m, C) and the language model.
  func configuration(
    teacher: TeacherFolder, own: ProjectorConfiguration?, null: Tensor, model: LanguageModel
  ) throws -> ProjectorConfiguration {
    let (length, channels) = (null.shape[1], null.shape[2])
    let kind = projector ?? own?.kind ?? .gill
    if kind == .linear, let option = transformerOption {
      throw AlignmentError.request("--\(option) means nothing to LinearProjector, which has no transformer")
    }
    let hidden = width ?? (kind == .miniGPT5 ? channels : kind == .metaQuery ? max(channels, 256) : 512)
    let tokens = signals ?? (kind == .linear || kind == .metaQuery ? length : kind == .nextGPT ? 4 : 8)
    let nullCondition = nullCondition ?? (kind == .miniGPT5 ? .zeros : .learned)
    if nullCondition == .text, teacher.isSignalTokenModel {
      throw AlignmentError.request(
        "--null text needs a teacher with a text encoder; \(teacher.url.path) is a signal-token folder")
    }
    if captionDropout != nil, nullCondition != .zeros {
      throw AlignmentError.request(
        "--caption-dropout is for --null zeros alone: with --null \(nullCondition.rawValue), the teacher's own "
          + "condition for no prompt is taken over as it is")
    }
    let own = own?.signalTokens.count == tokens ? own?.signalTokens : nil
    let names = own ?? (0..<tokens).map { "[IMG\($0)]" }
    let hasTransformer = kind != .linear
    let hasDecoder = hasTransformer && kind != .metaQuery
    let layers = depth ?? (hasDecoder ? 4 : 3)
    let template = template ?? Self.template(model)
    let configuration: ProjectorConfiguration
    do throws(ConfigurationError) {
      configuration = try ProjectorConfiguration(
        kind: kind, llmHiddenSize: model.decoder.hiddenSize, hiddenSize: hasTransformer ? hidden : 0,
        encoderLayers: hasTransformer ? layers : 0, decoderLayers: hasDecoder ? layers : 0,
        heads: hasTransformer ? heads ?? Self.heads(for: hidden) : 0,
        feedForwardSize: hasTransformer ? feedForward ?? 4 * hidden : 0, queryCount: length,
        outputSize: channels, signalTokens: names, stateOffset: kind == .miniGPT5 ? -1 : 0,
        addsInputEmbeddings: kind == .gill || kind == .nextGPT, nullCondition: nullCondition,
        promptTemplate: template, llmLayers: self.layers)
    } catch {
      throw AlignmentError.request("the new projector cannot be made: \(error.fault)")
    }
    let count = configuration.parameterCount
    guard count <= Self.maximumParameters else {
      throw AlignmentError.request(
        "the new projector would have \(count) parameters, and can have \(Self.maximumParameters); lower --width or "
          + "--depth")
    }
    guard batchSize * configuration.stateCount <= Self.maximumRows else {
      throw AlignmentError.request(
        "--batch-size \(batchSize) times \(configuration.stateCount) tokens is more than the \(Self.maximumRows) that "
          + "a step can take")
    }
    return configuration
  }

  /// Each is held four times, for the optimizer and for the best so far.
  private static let maximumParameters = 250_000_000
  private static let maximumRows = 1 << 14

  private var transformerOption: String? {
    [("width", width), ("depth", depth), ("heads", heads), ("ffn", feedForward)].first { $0.1 != nil }?.0
  }

  /// Of 64 channels or a little more.
  private static func heads(for width: Int) -> Int {
    (1...max(1, width / 64)).last { width % $0 == 0 } ?? 1
  }

  /// A chat model is asked, any other reads on.
  private static func template(_ model: LanguageModel) -> String {
    model.tokenizer.id(of: "<|im_start|>") == nil
      ? "Draw {prompt}.{signals}"
      : "<|im_start|>user\nDraw {prompt}.<|im_end|>\n<|im_start|>assistant\n{signals}"
  }
}

extension ProjectorConfiguration {
  /// Numbers in its matrices; biases and norms are few.
  fileprivate var parameterCount: Int {
    let (width, inner) = (hiddenSize, hiddenSize * feedForwardSize)
    let encoder = encoderLayers * (4 * width * width + 2 * inner)
    let decoder = decoderLayers * (8 * width * width + 2 * inner)
    let ends =
      kind == .linear ? llmHiddenSize * outputSize : (llmHiddenSize + outputSize + queryCount) * width
    return encoder + decoder + ends + signalTokens.count * llmHiddenSize
  }
}
