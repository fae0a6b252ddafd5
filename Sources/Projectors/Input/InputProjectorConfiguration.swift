import Foundation
import Layers

/// What `input_projector/config.json` says: which states of the image encoder become rows for the language model, and how.
public struct InputProjectorConfiguration: Equatable, Sendable, Decodable {
  public enum Kind: String, Sendable, CaseIterable {
    /// One linear layer (LLaVA, GILL).
    case linear = "LinearInputProjector"
    /// Two linear layers with a GELU between (LLaVA 1.5).
    case mlp = "MLPInputProjector"
    /// BLIP-2's Q-Former and a linear layer (MiniGPT-4).
    case qFormer = "QFormerInputProjector"
  }

  public enum Features: String, Sendable, CaseIterable {
    /// All but the class token.
    case patch
    /// All, the class token first.
    case full
    /// The class token's last state after the encoder's final normalization.
    case pooled
  }

  public let kind: Kind
  public let encoderHiddenSize: Int
  public let llmHiddenSize: Int
  /// Which of the encoder's states: 0 for its embeddings, 1 for the first layer's, −1 for the last layer's.
  public let featureLayer: Int
  public let features: Features
  /// Whether the encoder's final normalization is applied to them.
  public let normalizesFeatures: Bool
  /// Rows for a picture: a Q-Former's queries; into how many rows the linear layer's output of a pooled state is cut.
  public let queryCount: Int
  /// The Q-Former's sizes.
  public let hiddenSize: Int
  public let layers: Int
  public let heads: Int
  public let feedForwardSize: Int
  /// Every how many layers the queries see the picture, beginning with the first.
  public let crossAttentionFrequency: Int
  public let layerNormEpsilon: Float
  /// Text put around each picture (MiniGPT-4: `<Img>` and `</Img>`).
  public let prefix: String
  public let suffix: String

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case kind = "_class_name"
    case encoderHiddenSize = "encoder_hidden_size"
    case llmHiddenSize = "llm_hidden_size"
    case featureLayer = "feature_layer"
    case features
    case normalizesFeatures = "normalizes_features"
    case queryCount = "query_count"
    case hiddenSize = "hidden_size"
    case layers, heads
    case feedForwardSize = "ffn_size"
    case crossAttentionFrequency = "cross_attention_frequency"
    case layerNormEpsilon = "layer_norm_eps"
    case prefix = "image_prefix"
    case suffix = "image_suffix"
  }

  /// Reads `config.json`.
  public init(contentsOf file: URL) throws(ConfigurationError) {
    self = try readConfiguration(Self.self, at: file)
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(otherThan: Set(CodingKeys.allCases.map(\.rawValue)))
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func choice<T: RawRepresentable<String> & CaseIterable>(_ key: CodingKeys, default fallback: T?) throws
      -> T
    {
      if let fallback, try !values.contains(key) || values.decodeNil(forKey: key) { return fallback }
      let name = try values.decode(String.self, forKey: key)
      guard let choice = T(rawValue: name) else {
        let choices = T.allCases.map(\.rawValue).joined(separator: ", ")
        throw ConfigurationError("\(key.rawValue) must be one of \(choices), but is “\(name.prefix(100))”")
      }
      return choice
    }
    let kind: Kind = try choice(.kind, default: nil)
    func size(_ key: CodingKeys, in range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
      let found = try fallback == nil ? values.integer(forKey: key) : values.integerIfPresent(forKey: key)
      let value = found ?? fallback ?? 0
      guard range.contains(value) else {
        throw ConfigurationError(
          "\(key.rawValue) must be from \(range.lowerBound) to \(range.upperBound), but is \(value)")
      }
      return value
    }
    let isQFormer = kind == .qFormer
    self.kind = kind
    encoderHiddenSize = try size(.encoderHiddenSize, in: 1...1 << 20)
    llmHiddenSize = try size(.llmHiddenSize, in: 1...1 << 20)
    featureLayer = try size(.featureLayer, in: -256...256, default: isQFormer ? -1 : -2)
    features = try choice(.features, default: isQFormer ? .full : .patch)
    normalizesFeatures = try values.decodeIfPresent(Bool.self, forKey: .normalizesFeatures) ?? isQFormer
    queryCount = try size(.queryCount, in: 1...4096, default: isQFormer ? nil : 1)
    func qFormerSize(_ key: CodingKeys, in range: ClosedRange<Int>) throws -> Int {
      isQFormer ? try size(key, in: range) : 0
    }
    hiddenSize = try qFormerSize(.hiddenSize, in: 1...1 << 20)
    layers = try qFormerSize(.layers, in: 1...256)
    heads = try qFormerSize(.heads, in: 1...1 << 12)
    feedForwardSize = try qFormerSize(.feedForwardSize, in: 1...1 << 20)
    crossAttentionFrequency = try size(.crossAttentionFrequency, in: 1...256, default: 2)
    layerNormEpsilon = try values.decodeIfPresent(Float.self, forKey: .layerNormEpsilon) ?? 1e-12
    prefix = try values.decodeIfPresent(String.self, forKey: .prefix) ?? ""
    suffix = try values.decodeIfPresent(String.self, forKey: .suffix) ?? ""
    guard !isQFormer || hiddenSize % heads == 0 else {
      throw ConfigurationError("heads must be a divisor of hidden_size \(hiddenSize), but is \(heads)")
    }
    guard queryCount == 1 || isQFormer || (kind == .linear && features == .pooled) else {
      throw ConfigurationError("query_count is for \(Kind.qFormer.rawValue) and for pooled features")
    }
    guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
      throw ConfigurationError("layer_norm_eps must be from 0 to 1, but is \(layerNormEpsilon)")
    }
  }
}
