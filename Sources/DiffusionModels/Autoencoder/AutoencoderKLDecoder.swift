import Checkpoints
import Layers
import Tensors

extension AutoencoderKL {
  /// Latents to pictures.
  public struct Decoder: Sendable {
    public let configuration: AutoencoderKLConfiguration
    private let postQuantConv: Conv2d?
    private let convIn: Conv2d
    private let midBlock: AutoencoderMidBlock
    private let upBlocks: [Level]
    private let normOut: NormActivation
    private let convOut: Conv2d

    /// Keys as diffusers writes them; every tensor of `weights` that is not the encoder's must be used.
    public init(_ weights: Weights, _ configuration: AutoencoderKLConfiguration) throws(WeightsError) {
      self.configuration = configuration
      let latents = configuration.latentChannels
      let channels = Array(configuration.blockChannels.reversed())
      let style = ResnetBlock2D.Style(configuration, level: channels.count - 1)
      // Once for each picture.
      let decoder = weights["decoder"]
      postQuantConv =
        configuration.postQuantConv
        ? try Conv2d(weights["post_quant_conv"], latents, latents, kernel: 1) : nil
      convIn = try Conv2d(decoder["conv_in"], latents, channels[0], kernel: 3, padding: 1)
      midBlock = try AutoencoderMidBlock(
        decoder["mid_block"], channels: channels[0], attends: configuration.midBlockAttention, style)
      upBlocks = try channels.indices.map { (i) throws(WeightsError) in
        try Level(
          decoder["up_blocks"][i], channels[max(0, i - 1)], channels[i],
          layers: configuration.layersPerBlock + 1, upsamples: i < channels.count - 1,
          ResnetBlock2D.Style(configuration, level: channels.count - 1 - i))
      }
      let last = channels[channels.count - 1]
      normOut = try NormActivation(
        decoder["conv_norm_out"], channels: last, groups: style.groups, epsilon: style.epsilon, .silu)
      convOut = try Conv2d(decoder["conv_out"], last, configuration.outChannels, kernel: 3, padding: 1)
      try weights.verifyAllRead(exceptScopes: ["encoder", "quant_conv"])
    }

    /// Unscaled latents (N, latentChannels, h, w) → pictures (N, H, W, outChannels) in −1…1 or a little beyond.
    ///
    /// - Parameters:
    ///   - tiling: decode larger pictures in tiles; each is normalized by itself, so that the result differs a little.
    ///   - checkpoint: called every now and then; what it throws ends the work.
    public func callAsFunction(
      _ latents: Tensor, tiling: Tiling? = nil, checkpoint: () throws -> Void = {}
    ) throws -> Tensor {
      let shape = latents.shape
      guard shape.count == 4, shape[1] == configuration.latentChannels, latents.count > 0 else {
        throw InputError.wrongShape(
          "latents", found: shape, expected: "[N, \(configuration.latentChannels), h, w]")
      }
      let x = latents.float32().channelsLast()  // (N, h, w, C)
      guard let tiling, tiling.divides(height: shape[2], width: shape[3]) else {
        return try decode(x, checkpoint)
      }
      return try tiling(x, sides: (tiling.latents, tiling.latents * configuration.pixelsPerLatent)) {
        try decode($0, checkpoint)
      }
    }

    /// (N, h, w, latentChannels) → (N, H, W, outChannels).
    private func decode(_ latents: Tensor, _ checkpoint: () throws -> Void) rethrows -> Tensor {
      try checkpoint()
      // Features between layers are as precise as what layers take.
      var x = midBlock(convIn(postQuantConv?(latents) ?? latents, Epilogue(as: midBlock.inputType)))
      for block in upBlocks {
        try checkpoint()
        x = block(x)
      }
      try checkpoint()
      return convOut(normOut(x, as: convOut.inputType))
    }
  }
}

extension AutoencoderKL.Decoder {
  /// `UpDecoderBlock2D`: resnets, and all but the last level then double the size.
  private struct Level: Sendable {
    private let resnets: [ResnetBlock2D]
    private let upsampler: UpsamplingConv2d?

    init(
      _ weights: Weights, _ inputs: Int, _ outputs: Int, layers: Int, upsamples: Bool,
      _ style: ResnetBlock2D.Style
    ) throws(WeightsError) {
      resnets = try (0..<layers).map { (i) throws(WeightsError) in
        try ResnetBlock2D(weights["resnets"][i], i == 0 ? inputs : outputs, outputs, style)
      }
      upsampler =
        upsamples
        ? try UpsamplingConv2d(
          weights["upsamplers"][0]["conv"], outputs, outputs, pixels: 4 * style.pixels) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let x = resnets.reduce(x) { $1($0) }
      return upsampler?(x) ?? x
    }
  }
}
