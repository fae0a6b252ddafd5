import Checkpoints
import Layers
import Tensors

/// Widths that all layers of a transformer share.
struct TransformerSize: Sendable {
  let channels: Int
  let heads: Int
  let feedForward: Int
}

/// PyTorch's `nn.Transformer(batch_first=True, norm_first=True)` with ReLU, normalization after each stack, no masks and
/// no positions (Vaswani et al. 2017). Keys: `{encoder,decoder}.layers.{i}` and `{encoder,decoder}.norm`.
struct Transformer: Sendable {
  private let encoder: [TransformerEncoderLayer]
  private let encoderNorm: LayerNorm
  private let decoder: [TransformerDecoderLayer]
  private let decoderNorm: LayerNorm

  init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let size = configuration.transformerSize
    let (encoderWeights, decoderWeights) = (weights["encoder"], weights["decoder"])
    var encoder = [TransformerEncoderLayer]()
    for i in 0..<configuration.encoderLayers {
      encoder.append(try TransformerEncoderLayer(encoderWeights["layers"][i], size, .relu))
    }
    var decoder = [TransformerDecoderLayer]()
    for i in 0..<configuration.decoderLayers {
      decoder.append(try TransformerDecoderLayer(decoderWeights["layers"][i], size, .relu))
    }
    self.encoder = encoder
    self.decoder = decoder
    encoderNorm = try LayerNorm(encoderWeights["norm"], channels: size.channels)
    decoderNorm = try LayerNorm(decoderWeights["norm"], channels: size.channels)
  }

  /// source (B, S, C) and learned queries (1, T, C), the same for the whole batch → (B, T, C).
  func callAsFunction(source: Tensor, queries: Tensor) -> Tensor {
    let memory = encoderNorm(encoder.reduce(source) { $1($0) })
    let targets = Tensor.concatenating(Array(repeating: queries, count: source.shape[0]))
    return decoderNorm(decoder.reduce(targets) { $1($0, memory: memory) })
  }
}
