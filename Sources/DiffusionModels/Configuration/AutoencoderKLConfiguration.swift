import Foundation
import Layers
import Tensors

/// The architecture of an `AutoencoderKL`, read from its diffusers config.json.
public struct AutoencoderKLConfiguration: LatentScaling, Sendable, Equatable {
  public var inChannels: Int
  public var outChannels: Int
  public var latentChannels: Int
  public var blockChannels: [Int]
  public var layersPerBlock: Int
  public var normGroups: Int
  public var activation: Activation
  public var midBlockAttention: Bool
  public var quantConv: Bool
  public var postQuantConv: Bool
  public var sampleSize: [Int]?
  public var scalingFactor: Float
  public var shiftFactor: Float

  /// How many pixels of a picture, along each side, one latent stands for.
  public var pixelsPerLatent: Int { 1 << (blockChannels.count - 1) }

  public init(contentsOf url: URL) throws(ConfigurationError) {
    var settings = try Settings(contentsOf: url)
    try self.init(&settings)
  }

  /// - Parameter source: names the file in errors.
  public init(json: Data, source: String = "config.json") throws(ConfigurationError) {
    var settings = try Settings(json, source: source)
    try self.init(&settings)
  }

  private enum DownKind: String { case encoder = "DownEncoderBlock2D" }
  private enum UpKind: String { case decoder = "UpDecoderBlock2D" }

  init(_ settings: inout Settings) throws(ConfigurationError) {
    try settings.requireClass("AutoencoderKL")
    inChannels = try settings.integer("in_channels", default: 3)
    outChannels = try settings.integer("out_channels", default: 3)
    latentChannels = try settings.integer("latent_channels", default: 4)
    blockChannels = try settings.integers("block_out_channels", default: [64])
    layersPerBlock = try settings.integer("layers_per_block", default: 1, in: 1...64)
    normGroups = try settings.integer("norm_num_groups", default: 32)
    try settings.requireGroups(normGroups, dividing: blockChannels)
    let down: [DownKind] = try settings.choices("down_block_types", default: [.encoder])
    let up: [UpKind] = try settings.choices("up_block_types", default: [.decoder])
    for (key, count) in [("down_block_types", down.count), ("up_block_types", up.count)]
    where count != blockChannels.count {
      throw settings.invalid(
        key, .string("\(count) names"), "one for each of \(blockChannels.count) block_out_channels")
    }
    activation = try settings.activation("act_fn") ?? .silu
    midBlockAttention = try settings.flag("mid_block_add_attention", default: true)
    quantConv = try settings.flag("use_quant_conv", default: true)
    postQuantConv = try settings.flag("use_post_quant_conv", default: true)
    sampleSize = try settings.size("sample_size")
    scalingFactor = try settings.nonzero("scaling_factor", default: 0.18215)
    shiftFactor = try settings.number("shift_factor", default: 0)
    try settings.require("latents_mean")
    try settings.require("latents_std")
    try settings.verifyAllTaken(ignoring: ["force_upcast"])
  }
}

extension ResnetBlock2D.Style {
  /// - Parameter level: 0 where the pixels of the picture are, and a quarter as many at each further one.
  init(_ configuration: AutoencoderKLConfiguration, level: Int) {
    self.init(groups: configuration.normGroups, epsilon: 1e-6, activation: configuration.activation)
    // The size that autoencoders state is that of crops they were trained on.
    pixels = max(512 * 512, (configuration.sampleSize ?? []).reduce(1, *)) >> (2 * level)
  }
}
