import Tensors

/// How a language model asks for a picture while it writes: the first signal competes with its words, and once chosen
/// the others follow, forced.
public struct SignalEmission: Sendable {
  public let tokens: SignalTokens
  private let head: Tensor?
  private let isMute: Bool

  /// - Parameter head: `signal_head.weight` (n, hidden), needed where the language model lacks the tokens.
  public init(_ tokens: SignalTokens, head: Tensor? = nil) throws(LanguageModelError) {
    self.tokens = tokens
    self.head = head?.float32()
    isMute = false
    if let head {
      guard head.shape == tokens.embeddings.shape else {
        throw .badSignals("the signal head has shape \(head.shape), expected \(tokens.embeddings.shape)")
      }
    } else if tokens.ids == nil {
      throw .badSignals(
        "the model folder holds no signal head, so the language model cannot ask for pictures")
    }
  }

  /// For a language model that cannot, or shall not, ask: pictures come only where the caller draws them.
  public init(mute tokens: SignalTokens) {
    self.tokens = tokens
    head = nil
    isMute = true
  }

  /// Lets only the first signal compete, or none: its logit comes after the vocabulary if the head is ours.
  func extend(_ logits: inout [Float], state: Tensor, mayDraw: Bool) {
    let competing = mayDraw && head == nil && !isMute ? 1 : 0
    for id in tokens.ids?.dropFirst(competing) ?? [] { logits[id] = -.infinity }
    guard let head else { return }
    logits.append(mayDraw ? linear(state.reshaped([1, state.count]), head[0..<1]).floats[0] : -.infinity)
  }

  /// The token that asks for a picture; nil where none does.
  func first(vocabularySize: Int) -> Int? { head != nil ? vocabularySize : isMute ? nil : tokens.ids?[0] }
}
