import Layers

/// What `projector/config.json` says. Values that no projector can have are refused when it is made.
public struct ProjectorConfiguration: Equatable, Sendable {
  public let kind: ProjectorKind
  /// Width of the language model's states.
  public let llmHiddenSize: Int
  /// Width of the projector's own transformer; 0, as the four that follow, for `linear`.
  public let hiddenSize: Int
  public let encoderLayers: Int
  public let decoderLayers: Int
  public let heads: Int
  public let feedForwardSize: Int
  /// Length of the conditioning, m.
  public let queryCount: Int
  /// Width of the conditioning, C.
  public let outputSize: Int
  /// The signal tokens' names, in order.
  public let signalTokens: [String]
  /// 0: states at the tokens; −1: shifted by one, so that the first is the state that predicts the first token.
  public let stateOffset: Int
  /// Whether the tokens' input-embedding rows are added to their states.
  public let addsInputEmbeddings: Bool
  public let nullCondition: NullCondition
  /// What the language model reads: text with `{prompt}` in it that ends with `{signals}`.
  public let promptTemplate: String
  /// How many of the language model's layers are run; nil for all of them.
  public let llmLayers: Int?

  public init(
    kind: ProjectorKind, llmHiddenSize: Int, hiddenSize: Int = 0, encoderLayers: Int = 0,
    decoderLayers: Int = 0,
    heads: Int = 0, feedForwardSize: Int = 0, queryCount: Int, outputSize: Int, signalTokens: [String],
    stateOffset: Int = 0, addsInputEmbeddings: Bool = false, nullCondition: NullCondition,
    promptTemplate: String, llmLayers: Int? = nil
  ) throws(ConfigurationError) {
    self.kind = kind
    self.llmHiddenSize = llmHiddenSize
    self.hiddenSize = hiddenSize
    self.encoderLayers = encoderLayers
    self.decoderLayers = decoderLayers
    self.heads = heads
    self.feedForwardSize = feedForwardSize
    self.queryCount = queryCount
    self.outputSize = outputSize
    self.signalTokens = signalTokens
    self.stateOffset = stateOffset
    self.addsInputEmbeddings = addsInputEmbeddings
    self.nullCondition = nullCondition
    self.promptTemplate = promptTemplate
    self.llmLayers = llmLayers
    try validate()
  }

  /// States that the projector reads, n: one for each signal token; NExT-GPT's new code also reads the spaces between.
  public var stateCount: Int { kind == .nextGPT ? 2 * signalTokens.count - 1 : signalTokens.count }

  var transformerSize: TransformerSize {
    TransformerSize(channels: hiddenSize, heads: heads, feedForward: feedForwardSize)
  }
}
