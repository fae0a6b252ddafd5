/// The sizes of an OPT decoder with pre-normalization (all of Meta's but the 350M), checked when they are read.
public struct OPTConfiguration: Sendable, Equatable {
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layerCount: Int
  public var headCount: Int
  public var contextLength: Int
  public var hasTiedEmbeddings: Bool

  init(_ file: ConfigurationFile) throws(LanguageModelError) {
    let activation = try file.optionalString("activation_function") ?? "relu"
    guard activation == "relu" else { throw file.unsupported("activation_function \(activation)") }
    for (key, needed) in [
      ("do_layer_norm_before", true), ("enable_bias", true), ("layer_norm_elementwise_affine", true),
      ("_remove_final_layer_norm", false),
    ] where try file.flag(key, default: needed) != needed {
      throw file.unsupported("\(key) = \(!needed)")
    }
    if file.has("quantization_config") { throw file.unsupported("quantization_config") }
    hiddenSize = try file.integer("hidden_size")
    guard try file.optionalInteger("word_embed_proj_dim") ?? hiddenSize == hiddenSize else {
      throw file.unsupported("word_embed_proj_dim other than hidden_size")
    }
    vocabularySize = try file.integer("vocab_size")
    intermediateSize = try file.integer("ffn_dim")
    layerCount = try file.integer("num_hidden_layers")
    headCount = try file.integer("num_attention_heads")
    contextLength = try file.integer("max_position_embeddings")
    hasTiedEmbeddings = try file.flag("tie_word_embeddings", default: true)
    // The sizes are bounded as those of Llama are.
    _ = try LlamaConfiguration(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, intermediateSize: intermediateSize,
      layerCount: layerCount, headCount: headCount, kvHeadCount: headCount, headSize: 2, epsilon: 1e-5,
      contextLength: contextLength, rotary: RotarySettings(base: 10000)
    ).validated(source: file.source)
    guard hiddenSize % headCount == 0 else {
      throw .badConfiguration(
        "hidden_size \(hiddenSize) is not a multiple of \(headCount) heads", source: file.source)
    }
  }
}
