import Tensors

/// A decoder-only transformer: embeddings in, final hidden states and logits out. Shapes have no batch dimension.
public protocol CausalDecoder: Sendable {
  var vocabularySize: Int { get }
  var hiddenSize: Int { get }
  var contextLength: Int { get }
  var layerCount: Int { get }
  /// The file or folder it came from, for messages.
  var source: String { get }

  /// Ids within the vocabulary → their input rows (T, hidden), fp32.
  func embed(_ ids: [Int]) -> Tensor

  /// Input rows (T, hidden) at positions `cache.count…` → states after the final norm (T, hidden).
  /// The caller has checked the context; see `hiddenStates`.
  func forward(_ embeddings: Tensor, cache: inout KVCache) -> Tensor

  /// The model without its last blocks: what the first `layers` of them say, after the final norm.
  func keeping(layers: Int) -> Self

  /// States (…, hidden) → logits (…, vocabulary).
  func logits(_ states: Tensor) -> Tensor
}

extension CausalDecoder {
  public func makeCache() -> KVCache { KVCache(layerCount: layerCount) }

  /// The input rows of tokens, (T, hidden).
  public func embeddings(_ ids: [Int]) throws(LanguageModelError) -> Tensor {
    for id in ids where !(0..<vocabularySize).contains(id) {
      throw .unknownToken(id, vocabularySize: vocabularySize)
    }
    return embed(ids)
  }

  /// Reads tokens after those in the cache, in one batch; → their states after the final norm (T, hidden).
  public func hiddenStates(tokens: [Int], cache: inout KVCache) throws(LanguageModelError) -> Tensor {
    try hiddenStates(embeddings: embeddings(tokens), cache: &cache)
  }

  /// Reads input rows (T, hidden) after what is in the cache, in one batch; → their states after the final norm
  /// (T, hidden). On an error the cache is as it was.
  public func hiddenStates(embeddings: Tensor, cache: inout KVCache) throws(LanguageModelError) -> Tensor {
    precondition(embeddings.shape.count == 2 && embeddings.shape[1] == hiddenSize)
    let (start, total) = (cache.count, cache.count + embeddings.shape[0])
    guard embeddings.shape[0] > 0 else { throw .emptyPrompt }
    guard total <= contextLength else { throw .promptTooLong(tokens: total, context: contextLength) }
    let states = forward(embeddings, cache: &cache)
    guard states.isFinite else {
      cache.truncate(to: start)
      throw .notFinite(source: source)
    }
    return states
  }

  /// The logits (vocabulary) that follow one state (hidden).
  public func nextTokenLogits(_ state: Tensor) throws(LanguageModelError) -> [Float] {
    let logits = logits(state.reshaped([1, hiddenSize]))
    guard logits.isFinite else { throw .notFinite(source: source) }
    return logits.floats
  }
}
