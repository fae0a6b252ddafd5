import Checkpoints
import Layers
import Tensors

/// Resnets over what came from below joined with a skip, each followed by a transformer in the CrossAttn kind; all but
/// the last level then grow to the size of the next skip.
struct UpBlock2D: Sendable {
  /// One for each transformer.
  typealias Conditioning = [Transformer2D.Conditioning]

  private let resnets: [ResnetBlock2D]
  private let transformers: [Transformer2D]
  private let upsampler: Upsample2D?

  /// - Parameters:
  ///   - inputs: channels of what comes from below.
  ///   - lastSkip: channels of the skip that the last resnet takes.
  init(
    _ weights: Weights, _ block: UNet2DConfiguration.Block, inputs: Int, lastSkip: Int, upsamples: Bool,
    _ style: ResnetBlock2D.Style
  ) throws(WeightsError) {
    resnets = try (0..<block.layers).map { (i) throws(WeightsError) in
      let below = i == 0 ? inputs : block.channels
      let skip = i == block.layers - 1 ? lastSkip : block.channels
      return try ResnetBlock2D(weights["resnets"][i], below + skip, block.channels, style)
    }
    transformers = try Transformer2D.stack(weights["attentions"], block, groups: style.groups)
    upsampler =
      upsamples
      ? try Upsample2D(weights["upsamplers"][0], channels: block.channels, pixels: 4 * style.pixels) : nil
  }

  func conditioning(_ states: Tensor) -> Conditioning { transformers.map { $0.conditioning(states) } }

  /// (N, h, w, in) → (N, H, W, channels), H × W being the size of the next skip.
  func callAsFunction(
    _ input: Tensor, skips: inout [Tensor], time: Tensor, _ conditioning: Conditioning
  ) -> Tensor {
    var x = input
    for (i, resnet) in resnets.enumerated() {
      x = resnet(Tensor.concatenating([x, skips.removeLast()], axis: -1), time)
      if i < transformers.count { x = transformers[i](x, conditioning[i]) }
    }
    if let upsampler {
      let next = skips[skips.count - 1]
      x = upsampler(x, height: next.shape[1], width: next.shape[2])
    }
    return x
  }
}
