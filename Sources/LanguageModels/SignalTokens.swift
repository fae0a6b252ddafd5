import Checkpoints
import Tensors

/// The tokens by which the language model asks for a picture, in order; its states there condition the picture.
public struct SignalTokens: Sendable {
  public let names: [String]
  /// Their input rows, (n, hidden).
  public let embeddings: Tensor
  /// Their ids, without those of what separates them, where they are tokens of the language model itself.
  public let ids: [Int]?
  /// Which states are meant: 0 for those at the tokens, −1 for those one before, which predict them.
  public let offset: Int

  public var count: Int { names.count }

  /// - Parameter embeddings: `signal_embeddings.weight` (n, hidden) for tokens that the language model lacks; where nil,
  ///   its own tokens of these names.
  public init(
    names: [String], embeddings: Tensor? = nil, offset: Int = 0, model: LanguageModel
  ) throws(LanguageModelError) {
    guard !names.isEmpty else { throw .badSignals("the model folder names no signal tokens") }
    guard (-names.count...0).contains(offset) else {
      throw .badSignals("state_offset \(offset) is outside −\(names.count)…0")
    }
    self.names = names
    self.offset = offset
    if let embeddings {
      let expected = [names.count, model.decoder.hiddenSize]
      guard embeddings.shape == expected else {
        throw .badSignals(
          "the signal embeddings have shape \(embeddings.shape), but \(names.count) signal tokens and this language "
            + "model need \(expected)")
      }
      let rows = embeddings.float32()
      guard rows.isFinite else { throw .badSignals("the signal embeddings hold NaN or infinity") }
      self.embeddings = rows
      ids = nil
    } else {
      var ids = [Int]()
      for name in names {
        guard let id = model.tokenizer.id(of: name) else { throw .unknownSignal(name) }
        ids.append(id)
      }
      self.embeddings = try model.decoder.embeddings(ids)
      self.ids = ids
    }
  }

  /// The same tokens with others between each two, whose input row is (1, hidden): NExT-GPT's newer code reads spaces there.
  public func separated(by row: Tensor) -> SignalTokens {
    var (spacedNames, rows): ([String], [Tensor]) = ([], [])
    for (i, name) in names.enumerated() {
      if i > 0 {
        spacedNames.append(" ")
        rows.append(row)
      }
      spacedNames.append(name)
      rows.append(embeddings[i..<i + 1])
    }
    return SignalTokens(names: spacedNames, embeddings: Tensor.concatenating(rows), ids: ids, offset: offset)
  }

  private init(names: [String], embeddings: Tensor, ids: [Int]?, offset: Int) {
    (self.names, self.embeddings, self.ids, self.offset) = (names, embeddings, ids, offset)
  }

  /// The states (n, hidden) of one pass over the text before `{signals}` in the template, with `{prompt}` put in
  /// verbatim, and the signals forced after it.
  public func states(
    prompt: String, template: PromptTemplate, model: LanguageModel
  ) throws(LanguageModelError) -> Tensor {
    let tokens = template.tokens(prompt: prompt, tokenizer: model.tokenizer)
    return try states(after: model.decoder.embeddings(tokens), model: model)
  }

  /// The states (n, hidden) of one pass over a text's input rows (P, hidden) and the signals after it.
  public func states(after text: Tensor, model: LanguageModel) throws(LanguageModelError) -> Tensor {
    var cache = model.decoder.makeCache()
    let states = try model.decoder.hiddenStates(
      embeddings: Tensor.concatenating([text, embeddings]), cache: &cache)
    let length = text.shape[0]
    return try select(states[length..<length + count], before: states[0..<length])
  }

  /// The n states that `offset` means, from those at the signals (n, hidden) and those before them (P, hidden).
  func select(_ states: Tensor, before: Tensor) throws(LanguageModelError) -> Tensor {
    guard before.shape[0] + offset >= 0 else { throw .emptyPrompt }
    if offset == 0 { return states }
    let start = before.shape[0]
    return Tensor.concatenating([before[start + offset..<start], states[0..<count + offset]])
  }
}
