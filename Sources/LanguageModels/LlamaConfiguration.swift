import Tensors

/// The sizes and constants of a Llama-family decoder (Llama, Mistral, SmolLM2, Qwen-2), checked when they are read.
public struct LlamaConfiguration: Sendable, Equatable {
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layerCount: Int
  public var headCount: Int
  public var kvHeadCount: Int
  public var headSize: Int
  public var epsilon: Float
  /// Positions beyond which the model was not made to work, or beyond which its attention window would slide.
  public var contextLength: Int
  public var rotary: RotarySettings
  public var hasQueryKeyValueBias = false
  public var hasOutputBias = false
  public var hasMLPBias = false
  /// The head is the embedding table.
  public var hasTiedEmbeddings = false

  /// Fails unless all sizes are positive, fit together and are small enough to be real.
  func validated(source: String) throws(LanguageModelError) -> Self {
    let sizes = [
      ("vocabulary size", vocabularySize, 1 << 22), ("hidden size", hiddenSize, 1 << 17),
      ("feed-forward size", intermediateSize, 1 << 20), ("number of layers", layerCount, 1 << 12),
      ("number of heads", headCount, 1 << 12), ("number of key-value heads", kvHeadCount, 1 << 12),
      ("head size", headSize, 1 << 14), ("context length", contextLength, 1 << 28),
    ]
    for (name, value, limit) in sizes where !(1...limit).contains(value) {
      throw .badConfiguration("the \(name) is \(value), which is impossible", source: source)
    }
    guard headCount % kvHeadCount == 0 else {
      throw .badConfiguration(
        "\(headCount) attention heads cannot share \(kvHeadCount) key-value heads", source: source)
    }
    guard headSize % 2 == 0 else {
      throw .badConfiguration("the head size \(headSize) is odd, and rotation needs pairs", source: source)
    }
    guard epsilon > 0, epsilon < 1 else {
      throw .badConfiguration("the norm's epsilon is \(epsilon), which is impossible", source: source)
    }
    guard rotary.base.isFinite, rotary.base > 1 else {
      throw .badConfiguration("the rotary base is \(rotary.base), which is impossible", source: source)
    }
    return self
  }
}
