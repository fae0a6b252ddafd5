import Tensors
import Tokenizers

/// Text written token by token: ask for the `next` piece as long as you like. A copy goes on from where it was made.
public struct TextGenerator: Sendable {
  /// What the model wrote.
  public enum Piece: Sendable {
    /// A token, and the text that is now certain: empty in the middle of a character or of a possible stop string.
    case text(String, token: Int)
    /// It asks for a picture here: see `readSignals` and `signalStates(after:)`. The text was still held back before it.
    case picture(textBefore: String)
  }

  /// A choice that was made before and is to be made again.
  public enum Choice: Sendable, Equatable {
    case token(Int)
    case picture
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
  private let reader: LanguageModel?
  private let signals: SignalEmission?
  private let endTokens: Set<Int>
  private var sampler: TokenSampler
  private var remaining: Int
  private var unread: [Int]
  /// Of the last position: its input row (1, hidden), and its state (hidden) in the model that writes.
  private var lastRow: Tensor?
  private var lastState: Tensor?
  private var decoder: StreamingDecoder
  private var stops: StopStrings

  /// - Parameters:
  ///   - model: what writes.
  ///   - reader: what reads the signals, if that is the first layers of `model` only (see `LanguageModel.keeping`).
  ///   - prompt: at least one token, fewer than the context holds.
  ///   - before: the tokens in the cache, for `tokens`.
  ///   - cache: where to go on from; the prompt follows what is in it.
  ///   - maximumTokens: how many tokens to write at most; nil for as many as the context holds.
  ///   - endTokens: the model's own where nil; empty to go on regardless.
  ///   - signals: how the model can ask for a picture.
  public init(
    _ model: LanguageModel, reader: LanguageModel? = nil, prompt: [Int], before: [Int] = [],
    cache: KVCache? = nil, sampler: TokenSampler,
    maximumTokens: Int? = nil, stopStrings: [String] = [], endTokens: Set<Int>? = nil,
    signals: SignalEmission? = nil
  ) throws(LanguageModelError) {
    let cache = cache ?? model.decoder.makeCache()
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard cache.count + prompt.count <= model.decoder.contextLength else {
      throw .promptTooLong(tokens: cache.count + prompt.count, context: model.decoder.contextLength)
    }
    self.model = model
    self.reader = reader
    self.cache = cache
    self.sampler = sampler
    self.signals = signals
    self.endTokens = endTokens ?? model.endTokens
    tokens = before + prompt
    unread = prompt
    remaining = maximumTokens ?? .max
    end = remaining > 0 ? nil : .lengthLimit
    decoder = StreamingDecoder(model.tokenizer, startsText: false)
    stops = StopStrings(stopStrings)
  }

  /// The next piece; nil at the end (see `end`).
  /// - Parameters:
  ///   - mayDraw: whether asking for a picture is among the choices.
  ///   - recorded: what to choose; the sampler draws as if it had chosen, so that a text can be gone through again and then
  ///     go on as it would have.
  public mutating func next(
    mayDraw: Bool = true, recorded: Choice? = nil
  ) throws(LanguageModelError) -> Piece? {
    guard end == nil else { return nil }
    let state = try readAll()
    var logits = try model.decoder.nextTokenLogits(state)
    signals?.extend(&logits, state: state, mayDraw: mayDraw)
    var token = sampler(logits, recent: tokens)
    let first = signals.flatMap { $0.first(vocabularySize: model.decoder.vocabularySize) }
    switch recorded {
    case nil: break
    case .picture: token = first ?? token
    case .token(let id):
      guard (0..<model.decoder.vocabularySize).contains(id) else {
        throw .unknownToken(id, vocabularySize: model.decoder.vocabularySize)
      }
      token = id
    }
    if token == first { return .picture(textBefore: stops.finish()) }
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

  /// Reads all signals here, whether the model asked for them or not, as part of the text; → the states (n, hidden) for
  /// the projector. Nil where the model has no signals, and where the context has no room for them.
  public mutating func readSignals() throws(LanguageModelError) -> Tensor? {
    guard let signals, hasRoom(for: signals.tokens.count) else { return nil }
    let before = try readAll().reshaped([1, model.decoder.hiddenSize])
    let rows = signals.tokens.embeddings
    let read = try readerStates(rows)
    let states = try model.decoder.hiddenStates(embeddings: rows, cache: &cache)
    (lastState, lastRow) = (states[rows.shape[0] - 1], rows[rows.shape[0] - 1..<rows.shape[0]])
    if end == nil, cache.count == model.decoder.contextLength { end = .contextFull }
    guard let read else { return try signals.tokens.select(states, before: before) }
    return try signals.tokens.select(read[1..<read.shape[0]], before: read[0..<1])
  }

  /// The states (n, hidden) of the signals after the text so far and `cue`, read in a branch: the text goes on as if
  /// neither had been there. For projectors that were trained on prompts of one form, which the cue repeats. Nil as for
  /// `readSignals`.
  public mutating func signalStates(after cue: [Int]) throws(LanguageModelError) -> Tensor? {
    guard let signals, hasRoom(for: cue.count + signals.tokens.count) else { return nil }
    _ = try readAll()
    let rows = Tensor.concatenating([try model.decoder.embeddings(cue), signals.tokens.embeddings])
    var branch = cache
    let states = try (reader ?? model).decoder.hiddenStates(embeddings: rows, cache: &branch)
    return try signals.tokens.select(states[cue.count..<rows.shape[0]], before: states[0..<cue.count])
  }

  /// The reader's states at the last position, which it reads once more, and at rows that follow; nil without a reader.
  private func readerStates(_ rows: Tensor) throws(LanguageModelError) -> Tensor? {
    guard let reader, let lastRow else { return nil }
    var branch = cache
    branch.truncate(to: cache.count - 1)
    return try reader.decoder.hiddenStates(
      embeddings: Tensor.concatenating([lastRow, rows]), cache: &branch)
  }

  private func hasRoom(for count: Int) -> Bool {
    cache.count + unread.count + count <= model.decoder.contextLength
  }

  /// Reads what has been written; → the state (hidden) of the last position.
  private mutating func readAll() throws(LanguageModelError) -> Tensor {
    if !unread.isEmpty {
      let rows = try model.decoder.embeddings(unread)
      let states = try model.decoder.hiddenStates(embeddings: rows, cache: &cache)
      lastRow = rows[unread.count - 1..<unread.count]
      unread = []
      lastState = states[states.shape[0] - 1]
    }
    guard let lastState else { throw .emptyPrompt }
    return lastState
  }
}
