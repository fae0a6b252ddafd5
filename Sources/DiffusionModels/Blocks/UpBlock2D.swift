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

  func conditioning(_ states: Tensor, tokenMerging: Double) -> Conditioning {
    transformers.map { $0.conditioning(states, tokenMerging: tokenMerging) }
  }

  /// (N, h, w, in) → (N, H, W, channels), H × W being the size of the next skip.
  /// - Parameter beforeLast: is told what the last layer takes beside its skip.
  func callAsFunction(
    _ input: Tensor, skips: inout [Tensor], time: Tensor, _ conditioning: Conditioning,
    beforeLast: (Tensor) -> Void = { _ in }
  ) -> Tensor {
    var x = input
    for i in resnets.indices {
      if i == resnets.count - 1 { beforeLast(x) }
      x = layer(i, x, skip: skips.removeLast(), time: time, conditioning)
    }
    if let upsampler {
      let next = skips[skips.count - 1]
      x = upsampler(x, height: next.shape[1], width: next.shape[2])
    }
    return x
  }

  /// The last layer alone, of a block that does not grow.
  func last(_ x: Tensor, skip: Tensor, time: Tensor, _ conditioning: Conditioning) -> Tensor {
    layer(resnets.count - 1, x, skip: skip, time: time, conditioning)
  }

  private func layer(
    _ i: Int, _ x: Tensor, skip: Tensor, time: Tensor, _ conditioning: Conditioning
  ) -> Tensor {
    let x = resnets[i](Tensor.concatenating([x, skip], axis: -1), time)
    return i < transformers.count ? transformers[i](x, conditioning[i]) : x
  }
}
