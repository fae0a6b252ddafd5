import Layers
import Tensors

/// What a CLIP text encoder's `config.json` says, in transformers' names and with its defaults.
public struct CLIPTextConfiguration: Equatable, Sendable {
  public let vocabularySize: Int
  public let hiddenSize: Int
  public let feedForwardSize: Int
  public let layerCount: Int
  public let heads: Int
  /// The longest sequence, begin and end tokens included.
  public let maximumLength: Int
  public let activation: Activation
  public let layerNormEpsilon: Float
  /// The end token, whose first state is the pooled one; 2, an old mistake that stayed in published files, means: the
  /// highest id of the sequence.
  public let endToken: Int
  /// Width of the projected pooled state.
  public let projectionSize: Int
  /// Whether the architecture is `CLIPTextModelWithProjection`, so that `text_projection` must be there.
  public let hasProjection: Bool

  public init(
    vocabularySize: Int = 49408, hiddenSize: Int, feedForwardSize: Int, layerCount: Int, heads: Int,
    maximumLength: Int = 77, activation: Activation = .quickGELU, layerNormEpsilon: Float = 1e-5,
    endToken: Int = 49407, projectionSize: Int = 512, hasProjection: Bool = false
  ) throws(ConfigurationError) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.feedForwardSize = feedForwardSize
    self.layerCount = layerCount
    self.heads = heads
    self.maximumLength = maximumLength
    self.activation = activation
    self.layerNormEpsilon = layerNormEpsilon
    self.endToken = endToken
    self.projectionSize = projectionSize
    self.hasProjection = hasProjection
    try validate()
  }

  private func validate() throws(ConfigurationError) {
    let sizes = [
      ("vocab_size", vocabularySize), ("hidden_size", hiddenSize), ("intermediate_size", feedForwardSize),
      ("max_position_embeddings", maximumLength), ("projection_dim", projectionSize),
    ]
    for (key, size) in sizes where !(1...1 << 24).contains(size) {
      throw ConfigurationError("\(key) must be from 1 to \(1 << 24), but is \(size)")
    }
    guard (1...256).contains(layerCount) else {
      throw ConfigurationError("num_hidden_layers must be from 1 to 256, but is \(layerCount)")
    }
    guard heads > 0, hiddenSize % heads == 0 else {
      throw ConfigurationError("num_attention_heads must divide hidden_size \(hiddenSize), but is \(heads)")
    }
    guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
      throw ConfigurationError("layer_norm_eps must be from 0 to 1, but is \(layerNormEpsilon)")
    }
  }
}
