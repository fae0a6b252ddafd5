import Foundation
import Layers
import Tensors

/// The architecture of a `UNet2DConditionModel`, read from its diffusers config.json. Settings of Stable Diffusion 1, 2,
/// XL and their relatives; anything else that would change the result is an error.
public struct UNet2DConfiguration: Sendable, Equatable {
  /// One level of the U: `DownBlock2D` or `UpBlock2D`, or with a transformer after each resnet the CrossAttn kind.
  public struct Block: Sendable, Equatable {
    public var channels: Int
    public var layers: Int
    /// The depth of each layer's transformer; nil for blocks without.
    public var transformerDepths: [Int]?
    public var heads: Int
    public var crossAttentionWidth: Int
    public var onlyCrossAttention: Bool
  }

  public enum MidBlock: Sendable, Equatable {
    case none
    /// `UNetMidBlock2D` as UNets use it: a single resnet.
    case resnet
    /// `UNetMidBlock2DCrossAttn`.
    case crossAttention(depth: Int)
  }

  public enum ClassEmbedding: Sendable, Equatable {
    case table(count: Int)
    case timestep
    case identity
    case projection(width: Int)
    case simpleProjection(width: Int)
  }

  /// SDXL's `text_time`: the pooled text and `timeIDs`, each embedded in `timeWidth`, joined to `width` values.
  public struct TextTime: Sendable, Equatable {
    public var timeWidth: Int
    public var width: Int
  }

  public enum TimeScaleShift: String, Sendable {
    case `default`
    case scaleShift = "scale_shift"
  }

  public var inChannels: Int
  public var outChannels: Int
  /// The latents' size that the model was trained for.
  public var sampleSize: [Int]?
  public var centerInputSample: Bool
  public var convInKernel: Int
  public var convOutKernel: Int

  public var downBlocks: [Block]
  public var midBlock: MidBlock
  public var upBlocks: [Block]
  public var downsamplePadding: Int
  public var midBlockScaleFactor: Float

  public var normGroups: Int
  public var normEpsilon: Float
  public var activation: Activation
  public var timeScaleShift: TimeScaleShift

  public var flipSinToCos: Bool
  public var frequencyShift: Float
  public var timeEmbeddingWidth: Int
  public var timeEmbeddingActivation: Activation?
  public var timestepPostActivation: Activation?
  /// The width of a guidance-scale embedding (latent consistency models).
  public var timeConditionWidth: Int?
  public var classEmbedding: ClassEmbedding?
  public var concatenatesClassEmbedding: Bool
  public var textTime: TextTime?

  public init(contentsOf url: URL) throws(ConfigurationError) {
    var settings = try Settings(contentsOf: url)
    try self.init(&settings)
  }

  /// - Parameter source: names the file in errors.
  public init(json: Data, source: String = "config.json") throws(ConfigurationError) {
    var settings = try Settings(json, source: source)
    try self.init(&settings)
  }
}
