import Checkpoints
import Layers
import Tensors

extension AutoencoderKL {
  /// Pictures to the posterior of their latents.
  public struct Encoder: Sendable {
    public let configuration: AutoencoderKLConfiguration
    private let convIn: Conv2d
    private let downBlocks: [Level]
    private let midBlock: AutoencoderMidBlock
    private let normOut: NormActivation
    private let convOut: Conv2d
    private let quantConv: Conv2d?

    /// Keys as diffusers writes them; every tensor of `weights` that is not the decoder's must be used.
    public init(_ weights: Weights, _ configuration: AutoencoderKLConfiguration) throws(WeightsError) {
      self.configuration = configuration
      let moments = 2 * configuration.latentChannels
      let channels = configuration.blockChannels
      let last = channels[channels.count - 1]
      let style = ResnetBlock2D.Style(configuration, level: channels.count - 1)
      // Once for each picture.
      let encoder = weights["encoder"]
      convIn = try Conv2d(encoder["conv_in"], configuration.inChannels, channels[0], kernel: 3, padding: 1)
      downBlocks = try channels.indices.map { (i) throws(WeightsError) in
        try Level(
          encoder["down_blocks"][i], channels[max(0, i - 1)], channels[i],
          layers: configuration.layersPerBlock, downsamples: i < channels.count - 1,
          ResnetBlock2D.Style(configuration, level: i))
      }
      midBlock = try AutoencoderMidBlock(
        encoder["mid_block"], channels: last, attends: configuration.midBlockAttention, style)
      normOut = try NormActivation(
        encoder["conv_norm_out"], channels: last, groups: style.groups, epsilon: style.epsilon, .silu)
      convOut = try Conv2d(encoder["conv_out"], last, moments, kernel: 3, padding: 1)
      quantConv =
        configuration.quantConv ? try Conv2d(weights["quant_conv"], moments, moments, kernel: 1) : nil
      try weights.verifyAllRead(exceptScopes: ["decoder", "post_quant_conv"])
    }

    /// Pictures (N, H, W, inChannels) in −1…1 → the posterior of their unscaled latents.
    /// - Parameter tiling: encode larger pictures in tiles.
    public func callAsFunction(_ pictures: Tensor, tiling: Tiling? = nil) throws(InputError)
      -> DiagonalGaussian
    {
      let shape = pictures.shape
      let factor = configuration.pixelsPerLatent
      guard shape.count == 4, shape[3] == configuration.inChannels, shape[1] >= factor, shape[2] >= factor,
        shape[0] > 0
      else {
        throw .wrongShape(
          "pictures", found: shape,
          expected: "[N, H, W, \(configuration.inChannels)] of at least \(factor) pixels a side")
      }
      let x = pictures.float32()
      guard let tiling, tiling.divides(height: shape[1] / factor, width: shape[2] / factor) else {
        return DiagonalGaussian(moments: moments(x).channelsFirst())
      }
      let moments = tiling(x, sides: (tiling.latents * factor, tiling.latents), moments)
      return DiagonalGaussian(moments: moments.channelsFirst())
    }

    /// (N, H, W, inChannels) → means and log variances, (N, h, w, 2C).
    private func moments(_ pictures: Tensor) -> Tensor {
      let x = downBlocks.reduce(convIn(pictures, Epilogue(as: midBlock.inputType))) { $1($0) }
      let moments = convOut(normOut(midBlock(x), as: convOut.inputType))
      return quantConv?(moments) ?? moments
    }
  }
}

extension AutoencoderKL.Encoder {
  /// `DownEncoderBlock2D`: resnets, and all but the last level then halve the size.
  private struct Level: Sendable {
    private let resnets: [ResnetBlock2D]
    private let downsampler: Downsample2D?

    init(
      _ weights: Weights, _ inputs: Int, _ outputs: Int, layers: Int, downsamples: Bool,
      _ style: ResnetBlock2D.Style
    ) throws(WeightsError) {
      resnets = try (0..<layers).map { (i) throws(WeightsError) in
        try ResnetBlock2D(weights["resnets"][i], i == 0 ? inputs : outputs, outputs, style)
      }
      downsampler =
        downsamples ? try Downsample2D(weights["downsamplers"][0], channels: outputs, padding: 0) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let x = resnets.reduce(x) { $1($0) }
      return downsampler?(x) ?? x
    }
  }
}
