import Foundation
import Layers
import Tensors

/// The architecture of an `AutoencoderTiny`, read from its diffusers config.json.
public struct AutoencoderTinyConfiguration: LatentScaling, Sendable, Equatable {
  public var inChannels: Int
  public var outChannels: Int
  public var latentChannels: Int
  public var encoderChannels: Int
  public var decoderChannels: Int
  /// Residual blocks at each level; the size is halved, or grows by `upsampling`, between levels.
  public var encoderBlocks: [Int]
  public var decoderBlocks: [Int]
  public var upsampling: Int
  public var activation: Activation
  public var scalingFactor: Float
  public var shiftFactor: Float

  /// How many pixels of a picture, along each side, one latent stands for.
  public var pixelsPerLatent: Int { 1 << (encoderBlocks.count - 1) }

  /// The same for what the decoder makes.
  public var outputPixelsPerLatent: Int {
    decoderBlocks.dropFirst().reduce(1) { product, _ in product * upsampling }
  }

  public init(contentsOf url: URL) throws(ConfigurationError) {
    var settings = try Settings(contentsOf: url)
    try self.init(&settings)
  }

  /// - Parameter source: names the file in errors.
  public init(json: Data, source: String = "config.json") throws(ConfigurationError) {
    var settings = try Settings(json, source: source)
    try self.init(&settings)
  }

  init(_ settings: inout Settings) throws(ConfigurationError) {
    try settings.requireClass("AutoencoderTiny")
    inChannels = try settings.integer("in_channels", default: 3)
    outChannels = try settings.integer("out_channels", default: 3)
    latentChannels = try settings.integer("latent_channels", default: 4)
    encoderBlocks = try settings.integers("num_encoder_blocks", default: [1, 3, 3, 3], in: 0...64)
    decoderBlocks = try settings.integers("num_decoder_blocks", default: [3, 3, 3, 1], in: 0...64)
    encoderChannels = try settings.width("encoder_block_out_channels", levels: encoderBlocks.count)
    decoderChannels = try settings.width("decoder_block_out_channels", levels: decoderBlocks.count)
    upsampling = try settings.integer("upsampling_scaling_factor", default: 2, in: 1...8)
    try settings.require("upsample_fn", .string("nearest"))
    activation = try settings.activation("act_fn") ?? .relu
    scalingFactor = try settings.nonzero("scaling_factor", default: 1)
    shiftFactor = try settings.number("shift_factor", default: 0)
    // The magnitude and shift are for storing latents as bytes; diffusers adds `block_out_channels` itself.
    try settings.verifyAllTaken(ignoring: [
      "latent_magnitude", "latent_shift", "block_out_channels", "force_upcast",
    ])
  }
}

extension Settings {
  /// The width that all levels share: nothing changes it on the way from one to the next.
  fileprivate mutating func width(_ key: String, levels: Int) throws(ConfigurationError) -> Int {
    let widths = try integers(key, default: Array(repeating: 64, count: levels))
    guard widths.count == levels, Set(widths).count == 1 else {
      throw invalid(
        key, .list(widths.map { .number(Double($0)) }), "the same width for each of \(levels) levels")
    }
    return widths[0]
  }
}
