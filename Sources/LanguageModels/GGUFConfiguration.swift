import Checkpoints

extension LlamaConfiguration {
  /// Reads the metadata of a GGUF file whose tensors have transformers' names: architectures `llama` (which Mistral and
  /// SmolLM2 have too) and `qwen2`. What a tensor tells (the vocabulary's size, biases, a head of its own) is not asked.
  init(_ metadata: GGUFMetadata, _ weights: Weights) throws {
    let family = try metadata.string("general.architecture")
    let source = weights.source
    guard family == "llama" || family == "qwen2" else {
      throw LanguageModelError.unsupported("architecture \(family) (llama and qwen2 are)", source: source)
    }
    guard try metadata.integer("\(family).expert_count", default: 0) == 0 else {
      throw LanguageModelError.unsupported("a mixture of experts", source: source)
    }
    let hiddenSize = try metadata.integer("\(family).embedding_length")
    let headCount = try metadata.integer("\(family).attention.head_count")
    let headSize = try metadata.integer(
      "\(family).attention.key_length", default: headCount > 0 ? hiddenSize / headCount : 0)
    for key in ["\(family).attention.value_length", "\(family).rope.dimension_count"]
    where try metadata.integer(key, default: headSize) != headSize {
      throw LanguageModelError.unsupported(
        "\(key) other than the size of a head, \(headSize),", source: source)
    }
    let context = try metadata.integer("\(family).context_length")
    let window = try metadata.integer("\(family).attention.sliding_window", default: 0)
    let layer = weights["model"]["layers"][0]
    self.init(
      vocabularySize: weights["model"]["embed_tokens"].shape(of: "weight")?.first ?? 0,
      hiddenSize: hiddenSize, intermediateSize: try metadata.integer("\(family).feed_forward_length"),
      layerCount: try metadata.integer("\(family).block_count"), headCount: headCount,
      kvHeadCount: try Self.kvHeadCount(metadata, family: family) ?? headCount, headSize: headSize,
      epsilon: Float(try metadata.number("\(family).attention.layer_norm_rms_epsilon")),
      contextLength: window > 0 ? min(context, window) : context,
      rotary: try RotarySettings(metadata, family: family, source: source),
      hasQueryKeyValueBias: layer["self_attn"]["q_proj"].has("bias"),
      hasOutputBias: layer["self_attn"]["o_proj"].has("bias"),
      hasMLPBias: layer["mlp"]["up_proj"].has("bias"),
      hasTiedEmbeddings: !weights["lm_head"].has("weight"))
    self = try validated(source: source)
  }

  /// One number, or one for each layer, if they are all the same.
  private static func kvHeadCount(_ metadata: GGUFMetadata, family: String) throws -> Int? {
    let key = "\(family).attention.head_count_kv"
    guard let value = metadata[key] else { return nil }
    if case .integers(let counts) = value, let first = counts.first, counts.allSatisfy({ $0 == first }) {
      return first
    }
    return try metadata.integer(key)
  }
}

extension RotarySettings {
  init(_ metadata: GGUFMetadata, family: String, source: String) throws {
    self.init(
      base: try metadata.number("\(family).rope.freq_base", default: 10000),
      pairing: family == "llama" ? .neighbours : .halves)
    let type = try metadata.string("\(family).rope.scaling.type", default: "none")
    // Older files write the factor alone.
    let older = try metadata.number("\(family).rope.scale_linear", default: 1)
    let factor = try metadata.number("\(family).rope.scaling.factor", default: older)
    guard factor > 0, factor.isFinite else {
      throw LanguageModelError.badConfiguration(
        "\(family).rope.scaling.factor is \(factor), which is impossible", source: source)
    }
    switch type {
    case "none" where older == 1: break
    case "none", "linear": scaling = .linear(factor: factor)
    default:
      throw LanguageModelError.unsupported("\(family).rope.scaling.type \(type)", source: source)
    }
  }
}
