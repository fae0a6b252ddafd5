import Tensors

/// How a language model asks for a picture while it writes: the first signal competes with its words, and once chosen
/// the others follow, forced.
public struct SignalEmission: Sendable {
  public let tokens: SignalTokens
  private let head: Tensor?

  /// - Parameter head: `signal_head.weight` (n, hidden), needed where the language model lacks the tokens.
  public init(_ tokens: SignalTokens, head: Tensor? = nil) throws(LanguageModelError) {
    self.tokens = tokens
    self.head = head?.float32()
    if let head {
      guard head.shape == tokens.embeddings.shape else {
        throw .badSignals("the signal head has shape \(head.shape), expected \(tokens.embeddings.shape)")
      }
    } else if tokens.ids == nil {
      throw .badSignals(
        "the model folder holds no signal head, so the language model cannot ask for pictures")
    }
  }

  /// Lets only the first signal compete, or none: its logit comes after the vocabulary if the head is ours.
  func extend(_ logits: inout [Float], state: Tensor, mayDraw: Bool) {
    let silenced = mayDraw && head == nil ? 1 : 0
    for id in tokens.ids?.dropFirst(silenced) ?? [] { logits[id] = -.infinity }
    guard let head else { return }
    logits.append(mayDraw ? linear(state.reshaped([1, state.count]), head[0..<1]).floats[0] : -.infinity)
  }

  /// The token that asks for a picture.
  func first(vocabularySize: Int) -> Int { head != nil ? vocabularySize : tokens.ids?[0] ?? vocabularySize }
}
