import Checkpoints
import Layers
import Tensors

/// BLIP-2's Q-Former (Li et al. 2023, arXiv:2301.12597) and the linear layer after it: learned queries that see one another
/// and, in every second layer, the picture.
///
/// Keys, as MiniGPT-4 and transformers write them: `query_tokens`; `Qformer.bert.embeddings.LayerNorm` or
/// `qformer.layernorm`; `Qformer.bert.encoder.layer.{i}` or `qformer.encoder.layer.{i}`, with `attention.self` or
/// `attention.attention`; `llama_proj` or `language_projection`. Layers for text (`intermediate`, `output`) stay unread.
struct QFormer: Sendable {
  private let queries: Tensor  // (1, n, d)
  private let norm: LayerNorm
  private let layers: [QFormerLayer]
  private let output: Linear

  init(_ weights: Weights, _ c: InputProjectorConfiguration) throws(WeightsError) {
    let isOriginal = weights["Qformer"]["bert"]["encoder"]["layer"][0]["attention"]["self"]["query"].has(
      "weight")
    let model = isOriginal ? weights["Qformer"]["bert"] : weights["qformer"]
    queries = try weights.float32("query_tokens", [1, c.queryCount, c.hiddenSize])
    norm = try LayerNorm(
      isOriginal ? model["embeddings"]["LayerNorm"] : model["layernorm"], channels: c.hiddenSize,
      epsilon: c.layerNormEpsilon)
    var layers = [QFormerLayer]()
    for i in 0..<c.layers {
      layers.append(
        try QFormerLayer(
          model["encoder"]["layer"][i], c, seesPicture: i % c.crossAttentionFrequency == 0,
          inner: isOriginal ? "self" : "attention"))
    }
    self.layers = layers
    let projection = weights["llama_proj"].has("weight") ? "llama_proj" : "language_projection"
    output = try Linear(weights[projection], c.hiddenSize, c.llmHiddenSize)
  }

  /// A picture's states (1, T, C) → (1, n, llm width).
  func callAsFunction(_ picture: Tensor) -> Tensor {
    output(layers.reduce(norm(queries)) { $1($0, picture) })
  }
}

/// A post-norm layer of BERT. Keys: `attention`, `crossattention`, `intermediate_query.dense`, `output_query`.
private struct QFormerLayer: Sendable {
  private let attention: QFormerAttention
  private let crossAttention: QFormerAttention?
  private let intermediate: Linear
  private let output: Linear
  private let norm: LayerNorm

  init(
    _ weights: Weights, _ c: InputProjectorConfiguration, seesPicture: Bool, inner: String
  ) throws(WeightsError) {
    attention = try QFormerAttention(weights["attention"], c, contextWidth: c.hiddenSize, inner: inner)
    crossAttention =
      seesPicture
      ? try QFormerAttention(weights["crossattention"], c, contextWidth: c.encoderHiddenSize, inner: inner)
      : nil
    intermediate = try Linear(weights["intermediate_query"]["dense"], c.hiddenSize, c.feedForwardSize)
    output = try Linear(weights["output_query"]["dense"], c.feedForwardSize, c.hiddenSize)
    norm = try LayerNorm(
      weights["output_query"]["LayerNorm"], channels: c.hiddenSize, epsilon: c.layerNormEpsilon)
  }

  func callAsFunction(_ queries: Tensor, _ picture: Tensor) -> Tensor {
    var x = attention(queries, context: queries)
    if let crossAttention { x = crossAttention(x, context: picture) }
    return norm(output(Activation.gelu(intermediate(x))) + x)
  }
}

/// norm(attention(x) + x). Keys: `{self,attention}.{query,key,value}`, `output.dense`, `output.LayerNorm`.
private struct QFormerAttention: Sendable {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let norm: LayerNorm
  private let heads: Int

  init(
    _ weights: Weights, _ c: InputProjectorConfiguration, contextWidth: Int, inner: String
  ) throws(WeightsError) {
    let attention = weights[inner]
    query = try Linear(attention["query"], c.hiddenSize, c.hiddenSize)
    key = try Linear(attention["key"], contextWidth, c.hiddenSize)
    value = try Linear(attention["value"], contextWidth, c.hiddenSize)
    output = try Linear(weights["output"]["dense"], c.hiddenSize, c.hiddenSize)
    norm = try LayerNorm(weights["output"]["LayerNorm"], channels: c.hiddenSize, epsilon: c.layerNormEpsilon)
    heads = c.heads
  }

  func callAsFunction(_ x: Tensor, context: Tensor) -> Tensor {
    norm(output(attention(query(x), key(context), value(context), heads: heads)) + x)
  }
}
