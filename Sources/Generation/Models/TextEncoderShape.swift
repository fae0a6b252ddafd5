import Checkpoints

/// The configuration of a CLIP text encoder that came without one, from its tensors' shapes.
struct TextEncoderShape {
  private let shapes: [String: [Int]]
  private let scope: String
  let layerCount: Int

  /// - Parameter shapes: by transformers' names, with or without `text_model`.
  init(_ shapes: [String: [Int]]) {
    self.shapes = shapes
    scope = shapes["embeddings.token_embedding.weight"] == nil ? "text_model." : ""
    layerCount = NameTree(shapes.keys).count("\(scope)encoder.layers")
  }

  /// The width of the pooled text after `text_projection`; nil without one.
  var projectionWidth: Int? { shapes["text_projection.weight"]?.first }

  /// - Parameters:
  ///   - isOpenCLIP: OpenCLIP's models, H and bigG, have the exact GELU.
  ///   - layerCount: how many layers to use, from the first.
  func configuration(isOpenCLIP: Bool, layerCount: Int) -> [String: Any] {
    let width = size("embeddings.token_embedding.weight", 1) ?? 768
    return [
      "model_type": "clip_text_model",
      "architectures": [projectionWidth == nil ? "CLIPTextModel" : "CLIPTextModelWithProjection"],
      "vocab_size": size("embeddings.token_embedding.weight", 0) ?? 49408,
      "hidden_size": width, "num_attention_heads": max(1, width / 64), "num_hidden_layers": layerCount,
      "intermediate_size": size("encoder.layers.0.mlp.fc1.weight", 0) ?? 4 * width,
      "max_position_embeddings": size("embeddings.position_embedding.weight", 0) ?? 77,
      "hidden_act": isOpenCLIP ? "gelu" : "quick_gelu", "layer_norm_eps": 1e-5,
      "projection_dim": projectionWidth ?? width, "eos_token_id": 49407,
    ]
  }

  private func size(_ name: String, _ axis: Int) -> Int? {
    shapes[scope + name].flatMap { $0.indices.contains(axis) ? $0[axis] : nil }
  }
}
