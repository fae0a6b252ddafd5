import Checkpoints
import Foundation
import Layers
import Tensors

/// CLIP's image encoder (Radford et al. 2021), transformers' `CLIPVisionModel`. Keys: `embeddings.class_embedding`,
/// `embeddings.patch_embedding`, `embeddings.position_embedding`, `pre_layrnorm`, `encoder.layers.{i}`, `post_layernorm`, all
/// below `vision_model` in most files and bare in new ones.
public struct CLIPVisionModel: Sendable {
  public let configuration: CLIPVisionConfiguration
  private let classEmbedding: Tensor  // (1, 1, C)
  private let patches: Conv2d
  private let positions: Tensor  // (1, T, C)
  private let firstNorm: LayerNorm
  private let layers: [CLIPEncoderLayer]
  private let lastNorm: LayerNorm
  private let source: String

  public init(_ weights: Weights, _ c: CLIPVisionConfiguration) throws(WeightsError) {
    configuration = c
    source = weights.source
    let isBare = weights.has("pre_layrnorm.weight") || weights.has("embeddings.class_embedding")
    let model = isBare ? weights : weights["vision_model"]
    let embeddings = model["embeddings"]
    classEmbedding = try embeddings.float32("class_embedding", [c.hiddenSize]).reshaped([1, 1, c.hiddenSize])
    patches = try Conv2d(
      embeddings["patch_embedding"], 3, c.hiddenSize, kernel: c.patchSize, stride: c.patchSize, bias: false)
    positions = try embeddings["position_embedding"].float32("weight", [c.patchCount + 1, c.hiddenSize])
      .reshaped([1, c.patchCount + 1, c.hiddenSize])
    // The name is misspelt in all published files.
    firstNorm = try LayerNorm(model["pre_layrnorm"], channels: c.hiddenSize, epsilon: c.layerNormEpsilon)
    var layers = [CLIPEncoderLayer]()
    for i in 0..<c.layerCount {
      layers.append(
        try CLIPEncoderLayer(
          model["encoder"]["layers"][i], width: c.hiddenSize, hidden: c.feedForwardSize, heads: c.heads,
          activation: c.activation, epsilon: c.layerNormEpsilon, isCausal: false))
    }
    self.layers = layers
    lastNorm = try LayerNorm(model["post_layernorm"], channels: c.hiddenSize, epsilon: c.layerNormEpsilon)
  }

  /// Loads a model folder's `image_encoder/`: `config.json` and safetensors. Whatever nobody reads is an error, but for the
  /// `position_ids` of older files and the other half of a whole CLIP.
  ///
  /// - Throws: `ConfigurationError`, `CheckpointError` or `WeightsError`, each one line that names the file.
  public init(folder: URL) throws {
    let configuration = try CLIPVisionConfiguration(contentsOf: folder.appending(path: "config.json"))
    let weights = try Weights(contentsOf: folder)
    try self.init(weights, configuration)
    try weights.verifyAllRead { name in
      name.hasSuffix("embeddings.position_ids") || name.hasPrefix("text_model.") || name == "logit_scale"
        || name == "text_projection.weight" || name == "visual_projection.weight"
    }
  }

  /// - Parameter picture: (1, H, W, 3), of the encoder's size, preprocessed.
  /// - Returns: the embeddings and then each layer's states, (1, 1 + patches, C), class token first.
  public func hiddenStates(_ picture: Tensor) throws(ImageEncoderError) -> [Tensor] {
    let c = configuration
    guard picture.shape == [1, c.imageSize, c.imageSize, 3] else {
      throw .wrongSize(found: picture.shape, expected: c.imageSize)
    }
    let grid = patches(picture)  // (1, h, w, C)
    let embeddings = Tensor.concatenating(
      [classEmbedding, grid.reshaped([1, c.patchCount, c.hiddenSize])], axis: 1)
    var states = [firstNorm(embeddings + positions)]
    for layer in layers { states.append(layer(states[states.count - 1])) }
    guard states[states.count - 1].isFinite else { throw .notFinite(source: source) }
    return states
  }

  /// The class token's last state after the final normalization, (1, C).
  public func pooled(_ states: [Tensor]) -> Tensor {
    lastNorm(states[states.count - 1][0][0..<1])
  }

  /// All last states after the final normalization, which BLIP-2's Q-Former reads, (1, 1 + patches, C).
  public func normalized(_ state: Tensor) -> Tensor { lastNorm(state) }
}
