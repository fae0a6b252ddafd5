import Foundation
import Layers
import Tensors

extension CLIPTextConfiguration: Decodable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case vocabularySize = "vocab_size"
    case hiddenSize = "hidden_size"
    case feedForwardSize = "intermediate_size"
    case layerCount = "num_hidden_layers"
    case heads = "num_attention_heads"
    case maximumLength = "max_position_embeddings"
    case activation = "hidden_act"
    case layerNormEpsilon = "layer_norm_eps"
    case endToken = "eos_token_id"
    case projectionSize = "projection_dim"
    case architectures
    case modelType = "model_type"
  }

  /// Settings that concern training, the tokenizer or bookkeeping, and not what the encoder answers.
  private static let neutral: Set<String> = [
    "attention_dropout", "dropout", "initializer_factor", "initializer_range", "gradient_checkpointing",
    "bos_token_id", "pad_token_id", "sep_token_id", "tokenizer_class", "prefix", "torch_dtype", "dtype",
    "transformers_version", "use_cache", "use_bfloat16", "return_dict", "output_attentions",
    "output_hidden_states", "torchscript", "id2label", "label2id", "tie_word_embeddings", "problem_type",
    "chunk_size_feed_forward", "is_decoder", "is_encoder_decoder", "finetuning_task", "task_specific_params",
    "pruned_heads",
  ]

  /// Reads `config.json`.
  public init(contentsOf file: URL) throws(ConfigurationError) {
    self = try readConfiguration(Self.self, at: file)
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(otherThan: Self.neutral.union(CodingKeys.allCases.map(\.rawValue)))
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let modelType = try values.decodeIfPresent(String.self, forKey: .modelType) ?? "clip_text_model"
    guard modelType == "clip_text_model" else {
      throw ConfigurationError("model_type must be clip_text_model, but is “\(modelType.prefix(100))”")
    }
    let architectures = try values.decodeIfPresent([String].self, forKey: .architectures) ?? []
    try self.init(
      vocabularySize: values.integerIfPresent(forKey: .vocabularySize) ?? 49408,
      hiddenSize: values.integerIfPresent(forKey: .hiddenSize) ?? 512,
      feedForwardSize: values.integerIfPresent(forKey: .feedForwardSize) ?? 2048,
      layerCount: values.integerIfPresent(forKey: .layerCount) ?? 12,
      heads: values.integerIfPresent(forKey: .heads) ?? 8,
      maximumLength: values.integerIfPresent(forKey: .maximumLength) ?? 77,
      activation: Self.activation(values.decodeIfPresent(String.self, forKey: .activation) ?? "quick_gelu"),
      layerNormEpsilon: values.decodeIfPresent(Float.self, forKey: .layerNormEpsilon) ?? 1e-5,
      endToken: values.integerIfPresent(forKey: .endToken) ?? 49407,
      projectionSize: values.integerIfPresent(forKey: .projectionSize) ?? 512,
      hasProjection: architectures.contains("CLIPTextModelWithProjection"))
  }

  private static func activation(_ name: String) throws -> Activation {
    let names = ["gelu_pytorch_tanh": Activation.geluTanh, "swish": .silu]
    guard let activation = Activation(rawValue: name) ?? names[name] else {
      throw ConfigurationError("hidden_act “\(name.prefix(100))” is unknown")
    }
    return activation
  }
}
