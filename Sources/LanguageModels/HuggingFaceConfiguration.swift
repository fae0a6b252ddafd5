import Tensors

extension LlamaConfiguration {
  /// Reads the `config.json` of transformers, of version 4 (`rope_theta`, `rope_scaling`) or 5 (`rope_parameters`).
  init(_ file: ConfigurationFile) throws(LanguageModelError) {
    let family = try file.optionalString("model_type") ?? "llama"
    guard ["llama", "mistral", "qwen2"].contains(family) else {
      throw file.unsupported("model_type \(family) (llama, mistral, qwen2 and opt are)")
    }
    let activation = try file.optionalString("hidden_act") ?? "silu"
    guard activation == "silu" || activation == "swish" else {
      throw file.unsupported("hidden_act \(activation)")
    }
    if file.has("quantization_config") { throw file.unsupported("quantization_config") }
    let hiddenSize = try file.integer("hidden_size")
    let headCount = try file.integer("num_attention_heads")
    let attentionBias = family == "llama" ? try file.flag("attention_bias") : false
    self.init(
      vocabularySize: try file.integer("vocab_size"), hiddenSize: hiddenSize,
      intermediateSize: try file.integer("intermediate_size"),
      layerCount: try file.integer("num_hidden_layers"), headCount: headCount,
      kvHeadCount: try file.optionalInteger("num_key_value_heads") ?? headCount,
      headSize: try file.optionalInteger("head_dim") ?? (headCount > 0 ? hiddenSize / headCount : 0),
      epsilon: Float(try file.optionalNumber("rms_norm_eps") ?? 1e-6),
      contextLength: try Self.contextLength(file, family: family),
      rotary: try RotarySettings(file),
      hasQueryKeyValueBias: family == "qwen2" || attentionBias, hasOutputBias: attentionBias,
      hasMLPBias: family == "llama" ? try file.flag("mlp_bias") : false,
      hasTiedEmbeddings: try file.flag("tie_word_embeddings"))
    self = try validated(source: file.source)
  }

  /// Up to the size of a sliding window, attention is the ordinary kind; longer contexts are refused.
  private static func contextLength(
    _ file: ConfigurationFile, family: String
  ) throws(LanguageModelError) -> Int {
    let positions = try file.integer("max_position_embeddings")
    let usesWindow = try file.flag("use_sliding_window")
    let slides = family == "mistral" || (family == "qwen2" && usesWindow)
    let window = slides ? try file.optionalInteger("sliding_window") : nil
    return min(positions, window ?? positions)
  }
}

extension RotarySettings {
  init(_ file: ConfigurationFile) throws(LanguageModelError) {
    let (current, older) = (try file.object("rope_parameters"), try file.object("rope_scaling"))
    let nested = current ?? older
    let partial = (
      try nested?.optionalNumber("partial_rotary_factor"), try file.optionalNumber("partial_rotary_factor")
    )
    guard partial.0 ?? partial.1 ?? 1 == 1 else {
      throw file.unsupported("partial_rotary_factor other than 1")
    }
    let bases = (try nested?.optionalNumber("rope_theta"), try file.optionalNumber("rope_theta"))
    self.init(base: bases.0 ?? bases.1 ?? 10000)
    guard let nested else { return }
    for kind in ["full_attention", "sliding_attention"] where nested.has(kind) {
      throw file.unsupported("rotation that differs by layer (rope_parameters.\(kind))")
    }
    let types = (try nested.optionalString("rope_type"), try nested.optionalString("type"))
    switch types.0 ?? types.1 ?? "default" {
    case "default": break
    case "linear": scaling = .linear(factor: try nested.positive("factor"))
    case "llama3":
      let (low, high) = (try nested.positive("low_freq_factor"), try nested.positive("high_freq_factor"))
      guard low < high else {
        throw .badConfiguration(
          "low_freq_factor \(low) is not below high_freq_factor \(high)", source: file.source)
      }
      scaling = .llama3(
        factor: try nested.positive("factor"), lowFactor: low, highFactor: high,
        originalContext: try nested.positive("original_max_position_embeddings"))
    case let type: throw file.unsupported("rope_type \(type)")
    }
  }
}

extension ConfigurationFile {
  fileprivate func positive(_ key: String) throws(LanguageModelError) -> Double {
    let value = try number(key)
    guard value > 0, value.isFinite else {
      throw .badConfiguration("\(key) is \(value), which is impossible", source: source)
    }
    return value
  }
}
