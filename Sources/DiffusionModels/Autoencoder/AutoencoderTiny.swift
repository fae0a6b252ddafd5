import Checkpoints
import Foundation
import Layers
import Tensors

/// A small autoencoder distilled from a large one, for previews and fast decoding (TAESD, by Ollin Boer Bohan; diffusers'
/// `AutoencoderTiny`).
public enum AutoencoderTiny {
  /// Pictures to latents.
  public struct Encoder: Sendable {
    public let configuration: AutoencoderTinyConfiguration
    private let layers: [Layer]

    /// Keys as diffusers writes them; every tensor of `weights` that is not the decoder's must be used.
    public init(_ weights: Weights, _ configuration: AutoencoderTinyConfiguration) throws(WeightsError) {
      self.configuration = configuration
      let width = configuration.encoderChannels
      var stack = LayerStack(weights["encoder"]["layers"], configuration.activation)
      for (level, blocks) in configuration.encoderBlocks.enumerated() {
        if level == 0 {
          try stack.convolve(configuration.inChannels, width)
        } else {
          try stack.convolve(width, width, stride: 2, bias: false)
        }
        try stack.add(blocks: blocks, width)
      }
      try stack.convolve(width, configuration.latentChannels)
      layers = stack.layers
      try weights.verifyAllRead(exceptScopes: ["decoder"])
    }

    /// Pictures (N, H, W, inChannels) in −1…1 → latents (N, latentChannels, h, w).
    public func callAsFunction(_ pictures: Tensor) throws(InputError) -> Tensor {
      let shape = pictures.shape
      guard shape.count == 4, shape[3] == configuration.inChannels, pictures.count > 0 else {
        throw .wrongShape("pictures", found: shape, expected: "[N, H, W, \(configuration.inChannels)]")
      }
      return layers.reduce(0.5 * (pictures.float32() + 1)) { $1($0) }.channelsFirst()
    }
  }

  /// Latents to pictures.
  public struct Decoder: Sendable {
    public let configuration: AutoencoderTinyConfiguration
    private let layers: [Layer]

    /// Keys as diffusers writes them; every tensor of `weights` that is not the encoder's must be used.
    public init(_ weights: Weights, _ configuration: AutoencoderTinyConfiguration) throws(WeightsError) {
      self.configuration = configuration
      let width = configuration.decoderChannels
      var stack = LayerStack(weights["decoder"]["layers"], configuration.activation)
      try stack.convolve(configuration.latentChannels, width)
      stack.add(.activation(configuration.activation))
      for (level, blocks) in configuration.decoderBlocks.enumerated() {
        try stack.add(blocks: blocks, width)
        if level < configuration.decoderBlocks.count - 1 {
          stack.add(.upsampling(configuration.upsampling))
          try stack.convolve(width, width, bias: false)
        } else {
          try stack.convolve(width, configuration.outChannels)
        }
      }
      layers = stack.layers
      try weights.verifyAllRead(exceptScopes: ["encoder"])
    }

    /// Latents (N, latentChannels, h, w) → pictures (N, H, W, outChannels) in −1…1 or a little beyond.
    public func callAsFunction(_ latents: Tensor) throws(InputError) -> Tensor {
      let shape = latents.shape
      guard shape.count == 4, shape[1] == configuration.latentChannels, latents.count > 0 else {
        throw .wrongShape("latents", found: shape, expected: "[N, \(configuration.latentChannels), h, w]")
      }
      let limited = Tensor(latents.floats.map { 3 * tanh($0 / 3) }, shape: shape).channelsLast()
      return 2 * layers.reduce(limited) { $1($0) } + -1
    }
  }
}
