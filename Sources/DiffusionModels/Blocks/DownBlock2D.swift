import Checkpoints
import Layers
import Tensors

/// Resnets, each followed by a transformer in the CrossAttn kind; all but the last level then halve the size.
struct DownBlock2D: Sendable {
  /// One for each transformer.
  typealias Conditioning = [Transformer2D.Conditioning]

  private let resnets: [ResnetBlock2D]
  private let transformers: [Transformer2D]
  private let downsampler: Downsample2D?

  /// - Parameter downsamplePadding: nil for the last level.
  init(
    _ weights: Weights, _ block: UNet2DConfiguration.Block, inputs: Int, downsamplePadding: Int?,
    _ style: ResnetBlock2D.Style
  ) throws(WeightsError) {
    resnets = try (0..<block.layers).map { (i) throws(WeightsError) in
      try ResnetBlock2D(weights["resnets"][i], i == 0 ? inputs : block.channels, block.channels, style)
    }
    transformers = try Transformer2D.stack(weights["attentions"], block, groups: style.groups)
    downsampler = try downsamplePadding.map { (padding) throws(WeightsError) in
      try Downsample2D(weights["downsamplers"][0], channels: block.channels, padding: padding)
    }
  }

  /// The type of features that its convolutions take.
  var inputType: DType { resnets.first?.inputType ?? .float32 }

  func conditioning(_ states: Tensor, tokenMerging: Double) -> Conditioning {
    transformers.map { $0.conditioning(states, tokenMerging: tokenMerging) }
  }

  /// (N, H, W, in) → (N, H/2, W/2, channels); what later levels skip to is appended.
  func callAsFunction(
    _ input: Tensor, skips: inout [Tensor], time: Tensor, _ conditioning: Conditioning
  ) -> Tensor {
    var x = input
    for (i, resnet) in resnets.enumerated() {
      x = resnet(x, time)
      if i < transformers.count { x = transformers[i](x, conditioning[i]) }
      skips.append(x)
    }
    if let downsampler {
      x = downsampler(x)
      skips.append(x)
    }
    return x
  }
}

extension Transformer2D {
  /// The transformers of a block, none if it is of the plain kind.
  static func stack(
    _ weights: Weights, _ block: UNet2DConfiguration.Block, groups: Int
  ) throws(WeightsError) -> [Transformer2D] {
    try (block.transformerDepths ?? []).enumerated().map { (layer) throws(WeightsError) in
      try Transformer2D(weights[layer.offset], block, depth: layer.element, groups: groups)
    }
  }
}
