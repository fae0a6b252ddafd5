import Checkpoints
import Layers
import Tensors

/// OPT (Zhang et al. 2022), the language model of GILL: learned positions, LayerNorm, ReLU. Keys:
/// `model.decoder.embed_tokens`, `…embed_positions`, `…layers.{i}`, `…final_layer_norm`, `lm_head`.
public struct OPTModel: CausalDecoder {
  public private(set) var configuration: OPTConfiguration
  public let source: String
  private let embedding: Embedding
  private let positions: Embedding
  private var blocks: [OPTBlock]
  private let norm: LayerNorm
  private let head: Linear

  /// Position 0 is row 2 of the table: the first two rows were for padding.
  private static let positionOffset = 2

  public init(_ weights: Weights, _ c: OPTConfiguration) throws(WeightsError) {
    let decoder = weights["model"]["decoder"]
    configuration = c
    source = weights.source
    embedding = try Embedding(decoder["embed_tokens"], count: c.vocabularySize, width: c.hiddenSize)
    positions = try Embedding(
      decoder["embed_positions"], count: c.contextLength + Self.positionOffset, width: c.hiddenSize)
    var blocks = [OPTBlock]()
    for i in 0..<c.layerCount { blocks.append(try OPTBlock(decoder["layers"][i], c)) }
    self.blocks = blocks
    norm = try LayerNorm(decoder["final_layer_norm"], channels: c.hiddenSize)
    head =
      c.hasTiedEmbeddings
      ? Linear(weight: embedding.table, bias: nil)
      : try Linear(weights["lm_head"], c.hiddenSize, c.vocabularySize, bias: false, keepingType: true)
    try weights.verifyAllRead { name in c.hasTiedEmbeddings && name == "lm_head.weight" }
  }

  public var vocabularySize: Int { configuration.vocabularySize }
  public var hiddenSize: Int { configuration.hiddenSize }
  public var contextLength: Int { configuration.contextLength }
  public var layerCount: Int { configuration.layerCount }

  public func embed(_ ids: [Int]) -> Tensor { embedding(ids) }

  public func forward(_ embeddings: Tensor, cache: inout KVCache) -> Tensor {
    let first = cache.count + Self.positionOffset
    let rows = Array(first..<first + embeddings.shape[0])
    var x = embeddings + positions(rows)  // (T, hidden)
    for (i, block) in blocks.enumerated() { x = block(x, &cache, layer: i) }
    cache.advance(by: rows.count)
    return norm(x)
  }

  public func keeping(layers: Int) -> Self {
    var copy = self
    copy.blocks = Array(blocks.prefix(layers))
    copy.configuration.layerCount = copy.blocks.count
    return copy
  }

  public func logits(_ states: Tensor) -> Tensor { head(states) }
}
