import Checkpoints
import Layers
import Tensors

/// The denoising network of Stable Diffusion (Rombach et al. 2022; diffusers' `UNet2DConditionModel`).
public struct UNet2DConditionModel: Sendable {
  /// What the pictures are conditioned on, made once for all steps: keys and values of every cross-attention layer, and
  /// the constant part of the time embedding.
  public struct Conditioning: Sendable {
    /// How many pictures it is for.
    public let count: Int
    let time: TimeConditioning.Constant
    var down: [DownBlock2D.Conditioning]
    var mid: UNetMidBlock2D.Conditioning
    var up: [UpBlock2D.Conditioning]
  }

  public let configuration: UNet2DConfiguration
  private let convIn: Conv2d
  private let time: TimeConditioning
  private let downBlocks: [DownBlock2D]
  private let midBlock: UNetMidBlock2D?
  private let upBlocks: [UpBlock2D]
  private let normOut: NormActivation
  private let convOut: Conv2d

  /// Keys as diffusers writes them; every tensor of `weights` must be used.
  public init(_ weights: Weights, _ configuration: UNet2DConfiguration) throws(WeightsError) {
    self.configuration = configuration
    let (down, up) = (configuration.downBlocks, configuration.upBlocks)
    let first = down[0].channels
    let last = down[down.count - 1]
    let style = ResnetBlock2D.Style(configuration)
    convIn = try Conv2d(
      weights["conv_in"], configuration.inChannels, first, kernel: configuration.convInKernel,
      padding: configuration.convInKernel / 2)
    time = try TimeConditioning(weights, configuration)
    downBlocks = try down.indices.map { (i) throws(WeightsError) in
      try DownBlock2D(
        weights["down_blocks"][i], down[i], inputs: down[max(0, i - 1)].channels,
        downsamplePadding: i < down.count - 1 ? configuration.downsamplePadding : nil, style)
    }
    var midStyle = style
    midStyle.outputScale = configuration.midBlockScaleFactor
    midBlock =
      switch configuration.midBlock {
      case .none: nil
      case .resnet: try UNetMidBlock2D(weights["mid_block"], last, depth: nil, midStyle)
      case .crossAttention(let depth):
        try UNetMidBlock2D(weights["mid_block"], last, depth: depth, midStyle)
      }
    upBlocks = try up.indices.map { (i) throws(WeightsError) in
      try UpBlock2D(
        weights["up_blocks"][i], up[i], inputs: up[max(0, i - 1)].channels,
        lastSkip: up[min(i + 1, up.count - 1)].channels, upsamples: i < up.count - 1, style)
    }
    normOut = try NormActivation(
      weights["conv_norm_out"], channels: first, groups: configuration.normGroups,
      epsilon: configuration.normEpsilon, configuration.activation)
    convOut = try Conv2d(
      weights["conv_out"], first, configuration.outChannels, kernel: configuration.convOutKernel,
      padding: configuration.convOutKernel / 2)
    try weights.verifyAllRead(exceptScopes: [])
  }

  /// - Parameter encoderHiddenStates: (N, T, crossAttentionWidth).
  public func conditioning(
    _ encoderHiddenStates: Tensor, _ added: AddedConditions = AddedConditions()
  ) throws(InputError) -> Conditioning {
    let shape = encoderHiddenStates.shape
    for block in configuration.attendingBlocks where shape.count != 3 || shape[2] != block.crossAttentionWidth
    {
      throw .wrongShape(
        "encoder hidden states", found: shape, expected: "[N, tokens, \(block.crossAttentionWidth)]")
    }
    guard shape.count == 3, shape[0] > 0, shape[1] > 0 else {
      throw .wrongShape("encoder hidden states", found: shape, expected: "[N, tokens, width]")
    }
    let states = encoderHiddenStates.float32()
    return Conditioning(
      count: shape[0], time: try time.constant(added, count: shape[0]),
      down: downBlocks.map { $0.conditioning(states) }, mid: midBlock?.conditioning(states) ?? [],
      up: upBlocks.map { $0.conditioning(states) })
  }

  /// The network's prediction for latents at a timestep, which may be fractional.
  ///
  /// - Parameter latents: (N, inChannels, h, w), as everywhere outside the networks; any size.
  /// - Returns: (N, outChannels, h, w).
  public func callAsFunction(
    _ latents: Tensor, timestep: Float, _ conditioning: Conditioning
  ) throws(InputError) -> Tensor {
    try self(latents, timesteps: Array(repeating: timestep, count: conditioning.count), conditioning)
  }

  /// As above, with a timestep for each picture.
  public func callAsFunction(
    _ latents: Tensor, timesteps: [Float], _ conditioning: Conditioning
  ) throws(InputError) -> Tensor {
    let count = conditioning.count
    let shape = latents.shape
    guard shape.count == 4, shape[0] == count, shape[1] == configuration.inChannels, latents.count > 0 else {
      throw .wrongShape("latents", found: shape, expected: "[\(count), \(configuration.inChannels), h, w]")
    }
    guard timesteps.count == count else {
      throw .wrongShape("timesteps", found: [timesteps.count], expected: "[\(count)]")
    }
    return predict(latents.float32().channelsLast(), time(timesteps, conditioning.time), conditioning)
      .channelsFirst()
  }

  /// (N, h, w, in), the activated time embedding → (N, h, w, out).
  private func predict(_ latents: Tensor, _ time: Tensor, _ conditioning: Conditioning) -> Tensor {
    var x = convIn(configuration.centerInputSample ? 2 * latents + -1 : latents)
    var skips = [x]
    for (block, conditioning) in zip(downBlocks, conditioning.down) {
      x = block(x, skips: &skips, time: time, conditioning)
    }
    if let midBlock { x = midBlock(x, time: time, conditioning.mid) }
    for (block, conditioning) in zip(upBlocks, conditioning.up) {
      x = block(x, skips: &skips, time: time, conditioning)
    }
    return convOut(normOut(x))
  }
}
