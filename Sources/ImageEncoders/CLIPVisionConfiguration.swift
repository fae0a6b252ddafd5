import Foundation
import Layers
import Tensors

/// What a CLIP vision encoder's `config.json` says, in transformers' names and with its defaults.
public struct CLIPVisionConfiguration: Equatable, Sendable, Decodable {
  public let hiddenSize: Int
  public let feedForwardSize: Int
  public let layerCount: Int
  public let heads: Int
  /// The side of the square picture that it reads, and of a patch, in pixels.
  public let imageSize: Int
  public let patchSize: Int
  public let activation: Activation
  public let layerNormEpsilon: Float

  private enum CodingKeys: String, CodingKey {
    case hiddenSize = "hidden_size"
    case feedForwardSize = "intermediate_size"
    case layerCount = "num_hidden_layers"
    case heads = "num_attention_heads"
    case imageSize = "image_size"
    case patchSize = "patch_size"
    case channels = "num_channels"
    case activation = "hidden_act"
    case layerNormEpsilon = "layer_norm_eps"
    case modelType = "model_type"
    case vision = "vision_config"
  }

  /// Reads `config.json` of a vision encoder, or of a whole CLIP with its `vision_config`.
  public init(contentsOf file: URL) throws(ConfigurationError) {
    self = try readConfiguration(Self.self, at: file)
  }

  public init(from decoder: any Decoder) throws {
    var values = try decoder.container(keyedBy: CodingKeys.self)
    if values.contains(.vision) {
      values = try values.nestedContainer(keyedBy: CodingKeys.self, forKey: .vision)
    }
    let type = try values.decodeIfPresent(String.self, forKey: .modelType) ?? "clip_vision_model"
    guard type == "clip_vision_model" else {
      throw ConfigurationError("model_type must be clip_vision_model, but is “\(type.prefix(100))”")
    }
    let channels = try values.integerIfPresent(forKey: .channels) ?? 3
    guard channels == 3 else { throw ConfigurationError("num_channels must be 3, but is \(channels)") }
    hiddenSize = try values.integerIfPresent(forKey: .hiddenSize) ?? 768
    feedForwardSize = try values.integerIfPresent(forKey: .feedForwardSize) ?? 3072
    layerCount = try values.integerIfPresent(forKey: .layerCount) ?? 12
    heads = try values.integerIfPresent(forKey: .heads) ?? 12
    imageSize = try values.integerIfPresent(forKey: .imageSize) ?? 224
    patchSize = try values.integerIfPresent(forKey: .patchSize) ?? 32
    let name = try values.decodeIfPresent(String.self, forKey: .activation) ?? "quick_gelu"
    guard let activation = Activation(rawValue: name) else {
      throw ConfigurationError("hidden_act “\(name.prefix(100))” is unknown")
    }
    self.activation = activation
    layerNormEpsilon = try values.decodeIfPresent(Float.self, forKey: .layerNormEpsilon) ?? 1e-5
    try validate()
  }

  private func validate() throws(ConfigurationError) {
    for (key, size) in [("hidden_size", hiddenSize), ("intermediate_size", feedForwardSize)]
    where !(1...1 << 20).contains(size) {
      throw ConfigurationError("\(key) must be from 1 to \(1 << 20), but is \(size)")
    }
    guard (1...256).contains(layerCount) else {
      throw ConfigurationError("num_hidden_layers must be from 1 to 256, but is \(layerCount)")
    }
    guard heads > 0, hiddenSize % heads == 0 else {
      throw ConfigurationError("num_attention_heads must divide hidden_size \(hiddenSize), but is \(heads)")
    }
    guard (1...4096).contains(imageSize), (1...imageSize).contains(patchSize) else {
      throw ConfigurationError("image_size \(imageSize) and patch_size \(patchSize) do not fit together")
    }
    guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
      throw ConfigurationError("layer_norm_eps must be from 0 to 1, but is \(layerNormEpsilon)")
    }
  }

  /// Patches of a picture, without the class token.
  public var patchCount: Int { (imageSize / patchSize) * (imageSize / patchSize) }
}
