import Foundation
import Layers
import Tensors
import Testing
import TextEncoders

@Suite struct CLIPTextConfigurationTests {
  private static func decode(_ json: String) throws -> CLIPTextConfiguration {
    try JSONDecoder().decode(CLIPTextConfiguration.self, from: Data(json.utf8))
  }

  /// As Stable Diffusion 1.5 publishes it.
  static let published = """
    {"_name_or_path": "openai/clip-vit-large-patch14", "architectures": ["CLIPTextModel"], "attention_dropout": 0.0,
     "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 768,
     "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
     "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 12,
     "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 768, "torch_dtype": "float32",
     "transformers_version": "4.22.0.dev0", "vocab_size": 49408}
    """

  @Test func readsAPublishedFile() throws {
    let configuration = try Self.decode(Self.published)
    #expect(
      configuration
        == (try CLIPTextConfiguration(
          hiddenSize: 768, feedForwardSize: 3072, layerCount: 12, heads: 12, endToken: 2, projectionSize: 768))
    )
  }

  @Test func knowsTheProjectionAndTheActivations() throws {
    #expect(try Self.decode("{\"architectures\": [\"CLIPTextModelWithProjection\"]}").hasProjection)
    #expect(try Self.decode("{\"hidden_act\": \"gelu\"}").activation == .gelu)
    #expect(try Self.decode("{\"hidden_act\": \"gelu_pytorch_tanh\"}").activation == .geluTanh)
    #expect(try Self.decode("{\"layer_norm_eps\": 1e-6}").layerNormEpsilon == 1e-6)
  }

  @Test(arguments: [
    ("hidden_size", "0"), ("hidden_size", "1.5"), ("hidden_size", "\"768\""), ("vocab_size", "-1"),
    ("intermediate_size", "1e12"), ("num_hidden_layers", "0"), ("num_hidden_layers", "100000"),
    ("num_attention_heads", "7"), ("num_attention_heads", "0"), ("max_position_embeddings", "0"),
    ("projection_dim", "0"), ("hidden_act", "\"mish\""), ("hidden_act", "1"), ("layer_norm_eps", "-1"),
    ("model_type", "\"t5\""), ("rope_theta", "10000"), ("attention_bias", "false"),
  ])
  func faultsNameTheirKey(key: String, value: String) throws {
    #expect {
      try Self.decode("{\"\(key)\": \(value)}")
    } throws: { error in
      switch error {
      case let error as ConfigurationError: error.fault.contains(key)
      case DecodingError.typeMismatch(_, let context): context.codingPath.last?.stringValue == key
      default: false
      }
    }
  }
}
