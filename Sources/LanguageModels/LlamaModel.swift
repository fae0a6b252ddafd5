import Checkpoints
import Layers
import Tensors

/// Llama, Mistral, SmolLM2, Qwen-2: rotary positions, grouped-query attention, SwiGLU, RMSNorm (Touvron et al. 2023).
/// Matrices stay in the type they are stored in and are decoded while multiplying. Keys: `model.embed_tokens`,
/// `model.layers.{i}`, `model.norm`, `lm_head`.
public struct LlamaModel: CausalDecoder {
  public private(set) var configuration: LlamaConfiguration
  public let source: String
  private let embedding: Embedding
  package let rotary: RotaryEmbedding
  package private(set) var blocks: [LlamaBlock]
  package let norm: RMSNorm
  private let head: Linear

  public init(_ weights: Weights, _ c: LlamaConfiguration) throws(WeightsError) {
    let model = weights["model"]
    configuration = c
    source = weights.source
    embedding = try Embedding(model["embed_tokens"], count: c.vocabularySize, width: c.hiddenSize)
    rotary = try RotaryEmbedding(weights, c.rotary, headSize: c.headSize)
    var blocks = [LlamaBlock]()
    for i in 0..<c.layerCount { blocks.append(try LlamaBlock(model["layers"][i], c)) }
    self.blocks = blocks
    norm = try RMSNorm(model["norm"], channels: c.hiddenSize, epsilon: c.epsilon)
    head =
      c.hasTiedEmbeddings
      ? Linear(weight: embedding.table, bias: nil)
      : try Linear(weights["lm_head"], c.hiddenSize, c.vocabularySize, bias: false, keepingType: true)
    try weights.verifyAllRead { name in
      // A tied head that was saved all the same, and the rotation's frequencies, which are computed.
      (c.hasTiedEmbeddings && name == "lm_head.weight") || name.hasSuffix("rotary_emb.inv_freq")
    }
  }

  public var vocabularySize: Int { configuration.vocabularySize }
  public var hiddenSize: Int { configuration.hiddenSize }
  public var contextLength: Int { configuration.contextLength }
  public var layerCount: Int { configuration.layerCount }

  public func embed(_ ids: [Int]) -> Tensor { embedding(ids) }

  public func forward(_ embeddings: Tensor, cache: inout KVCache) -> Tensor {
    let count = embeddings.shape[0]
    let angles = rotary.angles(cache.count..<cache.count + count)
    var x = embeddings  // (T, hidden)
    for (i, block) in blocks.enumerated() { x = block(x, angles, &cache, layer: i) }
    cache.advance(by: count)
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
