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

  /// What one step leaves to those after it: the features that the last layer takes from below.
  public struct DeepFeatures: Sendable {
    let features: Tensor
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
    // With guidance there are two pictures; each level has a quarter of the pixels of the one above.
    let pixels = 2 * (configuration.sampleSize ?? [64, 64]).reduce(1, *)
    func style(level: Int) -> ResnetBlock2D.Style {
      var style = ResnetBlock2D.Style(configuration)
      style.pixels = pixels >> (2 * level)
      return style
    }
    convIn = try Conv2d(
      weights["conv_in"], configuration.inChannels, first, kernel: configuration.convInKernel,
      padding: configuration.convInKernel / 2)
    time = try TimeConditioning(weights, configuration)
    downBlocks = try down.indices.map { (i) throws(WeightsError) in
      try DownBlock2D(
        weights["down_blocks"][i], down[i], inputs: down[max(0, i - 1)].channels,
        downsamplePadding: i < down.count - 1 ? configuration.downsamplePadding : nil, style(level: i))
    }
    var midStyle = style(level: down.count - 1)
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
        lastSkip: up[min(i + 1, up.count - 1)].channels, upsamples: i < up.count - 1,
        style(level: up.count - 1 - i))
    }
    normOut = try NormActivation(
      weights["conv_norm_out"], channels: first, groups: configuration.normGroups,
      epsilon: configuration.normEpsilon, configuration.activation)
    convOut = try Conv2d(
      weights["conv_out"], first, configuration.outChannels, kernel: configuration.convOutKernel,
      padding: configuration.convOutKernel / 2)
    try weights.verifyAllRead(exceptScopes: [])
  }

  /// - Parameters:
  ///   - encoderHiddenStates: (N, T, crossAttentionWidth).
  ///   - tokenMerging: the share of the tokens that self-attention at the latents' own size merges, 0 to ¾.
  public func conditioning(
    _ encoderHiddenStates: Tensor, _ added: AddedConditions = AddedConditions(), tokenMerging: Double = 0
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
      down: downBlocks.enumerated().map {
        $0.element.conditioning(states, tokenMerging: $0.offset == 0 ? tokenMerging : 0)
      },
      mid: midBlock?.conditioning(states) ?? [],
      up: upBlocks.enumerated().map {
        $0.element.conditioning(states, tokenMerging: $0.offset == upBlocks.count - 1 ? tokenMerging : 0)
      })
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

  /// As above, with what is deep inside the network taken from an earlier step where `deep` holds it, and put there where
  /// it does not (Ma et al. 2024, "DeepCache", with the outermost branch): only the first convolution and the last layer
  /// then look at the latents.
  public func callAsFunction(
    _ latents: Tensor, timestep: Float, _ conditioning: Conditioning, deep: inout DeepFeatures?
  ) throws(InputError) -> Tensor {
    let timesteps = Array(repeating: timestep, count: conditioning.count)
    return try self(latents, timesteps: timesteps, conditioning, deep: &deep)
  }

  /// As above, with a timestep for each picture.
  public func callAsFunction(
    _ latents: Tensor, timesteps: [Float], _ conditioning: Conditioning
  ) throws(InputError) -> Tensor {
    var deep: DeepFeatures?
    return try self(latents, timesteps: timesteps, conditioning, deep: &deep)
  }

  private func callAsFunction(
    _ latents: Tensor, timesteps: [Float], _ conditioning: Conditioning, deep: inout DeepFeatures?
  ) throws(InputError) -> Tensor {
    let count = conditioning.count
    let shape = latents.shape
    guard shape.count == 4, shape[0] == count, shape[1] == configuration.inChannels, latents.count > 0 else {
      throw .wrongShape("latents", found: shape, expected: "[\(count), \(configuration.inChannels), h, w]")
    }
    guard timesteps.count == count else {
      throw .wrongShape("timesteps", found: [timesteps.count], expected: "[\(count)]")
    }
    if let deep, deep.features.shape[0] != count || Array(deep.features.shape[1...2]) != Array(shape[2...]) {
      throw .wrongShape(
        "features of an earlier step", found: deep.features.shape, expected: "those of \(shape)")
    }
    return predict(
      latents.float32().channelsLast(), time(timesteps, conditioning.time), conditioning, &deep
    ).channelsFirst()
  }

  /// (N, h, w, in), the activated time embedding → (N, h, w, out).
  private func predict(
    _ latents: Tensor, _ time: Tensor, _ conditioning: Conditioning, _ deep: inout DeepFeatures?
  ) -> Tensor {
    // Features between layers are as precise as what layers take.
    var x = convIn(
      configuration.centerInputSample ? 2 * latents + -1 : latents,
      Epilogue(as: downBlocks[0].inputType))
    let last = upBlocks.count - 1
    if let deep {
      x = upBlocks[last].last(deep.features, skip: x, time: time, conditioning.up[last])
      return convOut(normOut(x, as: convOut.inputType))
    }
    var skips = [x]
    for (block, conditioning) in zip(downBlocks, conditioning.down) {
      x = block(x, skips: &skips, time: time, conditioning)
    }
    if let midBlock { x = midBlock(x, time: time, conditioning.mid) }
    for (i, (block, conditioning)) in zip(upBlocks, conditioning.up).enumerated() {
      x = block(x, skips: &skips, time: time, conditioning) {
        if i == last { deep = DeepFeatures(features: $0) }
      }
    }
    return convOut(normOut(x, as: convOut.inputType))
  }
}
