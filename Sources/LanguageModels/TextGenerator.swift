import Tensors
import Tokenizers

/// Text written token by token: ask for the `next` piece as long as you like. A copy goes on from where it was made.
public struct TextGenerator: Sendable {
  /// What the model wrote.
  public enum Piece: Sendable {
    /// A token, and the text that is now certain: empty in the middle of a character or of a possible stop string.
    case text(String, token: Int)
    /// It chose to draw: the states (n, hidden) for the projector, and text that was still held back before them.
    case signals(Tensor, textBefore: String)
  }

  public enum End: Sendable, Equatable {
    /// The model said so; the last piece holds the token.
    case endToken(Int)
    case stopString(String)
    case lengthLimit
    case contextFull
  }

  /// All tokens but signals: the prompt's, then those written.
  public private(set) var tokens: [Int]
  /// Why there is no next piece; nil while there is.
  public private(set) var end: End?
  public private(set) var cache: KVCache
  private let model: LanguageModel
  private let signals: SignalEmission?
  private let endTokens: Set<Int>
  private var sampler: TokenSampler
  private var remaining: Int
  private var unread: [Int]
  private var lastState: Tensor?
  private var decoder: StreamingDecoder
  private var stops: StopStrings

  /// - Parameters:
  ///   - prompt: at least one token, fewer than the context holds.
  ///   - cache: where to go on from; the prompt follows what is in it.
  ///   - maximumTokens: how many tokens to write at most; nil for as many as the context holds.
  ///   - endTokens: the model's own where nil; empty to go on regardless.
  ///   - signals: how the model can ask for a picture.
  public init(
    _ model: LanguageModel, prompt: [Int], cache: KVCache? = nil, sampler: TokenSampler,
    maximumTokens: Int? = nil, stopStrings: [String] = [], endTokens: Set<Int>? = nil,
    signals: SignalEmission? = nil
  ) throws(LanguageModelError) {
    let cache = cache ?? model.decoder.makeCache()
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard cache.count + prompt.count <= model.decoder.contextLength else {
      throw .promptTooLong(tokens: cache.count + prompt.count, context: model.decoder.contextLength)
    }
    self.model = model
    self.cache = cache
    self.sampler = sampler
    self.signals = signals
    self.endTokens = endTokens ?? model.endTokens
    tokens = prompt
    unread = prompt
    remaining = maximumTokens ?? .max
    end = remaining > 0 ? nil : .lengthLimit
    decoder = StreamingDecoder(model.tokenizer, startsText: false)
    stops = StopStrings(stopStrings)
  }

  /// The next piece; nil at the end (see `end`).
  public mutating func next() throws(LanguageModelError) -> Piece? {
    guard end == nil else { return nil }
    let state = try readAll()
    var logits = try model.decoder.nextTokenLogits(state)
    signals?.extend(&logits, state: state)
    let token = sampler(logits, recent: tokens)
    if let signals, signals.isFirst(token, vocabularySize: model.decoder.vocabularySize) {
      return try drawNow(signals)
    }
    tokens.append(token)
    unread = [token]
    remaining -= 1
    var (text, stop) = stops.append(decoder.append(token))
    if endTokens.contains(token) {
      end = .endToken(token)
    } else if let stop {
      end = .stopString(stop)
    } else if remaining == 0 {
      end = .lengthLimit
    } else if cache.count + 1 > model.decoder.contextLength {
      end = .contextFull
    }
    if end != nil, stop == nil { text += stops.append(decoder.finish()).text + stops.finish() }
    return .text(text, token: token)
  }

  /// Makes the model draw here, whether it wants to or not.
  public mutating func forceSignals() throws(LanguageModelError) -> Piece? {
    guard end == nil, let signals else { return nil }
    _ = try readAll()
    return try drawNow(signals)
  }

  /// Reads what has been written; → the state (hidden) of the last position.
  private mutating func readAll() throws(LanguageModelError) -> Tensor {
    if !unread.isEmpty {
      let states = try model.decoder.hiddenStates(tokens: unread, cache: &cache)
      unread = []
      lastState = states[states.shape[0] - 1]
    }
    guard let lastState else { throw .emptyPrompt }
    return lastState
  }

  private mutating func drawNow(_ signals: SignalEmission) throws(LanguageModelError) -> Piece? {
    guard let before = lastState else { throw .emptyPrompt }
    guard cache.count + signals.tokens.count <= model.decoder.contextLength else {
      end = .contextFull
      return nil
    }
    let states = try model.decoder.hiddenStates(embeddings: signals.tokens.embeddings, cache: &cache)
    lastState = states[signals.tokens.count - 1]
    if cache.count == model.decoder.contextLength { end = .contextFull }
    return .signals(
      try signals.tokens.select(states, before: before.reshaped([1, before.count])),
      textBefore: stops.finish())
  }
}
