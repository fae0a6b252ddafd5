import Checkpoints
import Layers
import Tensors

/// The bottom of the U: a resnet, and where it attends a transformer and a second resnet.
struct UNetMidBlock2D: Sendable {
  typealias Conditioning = Transformer2D.Conditioning

  private let first: ResnetBlock2D
  private let attending: (transformer: Transformer2D, resnet: ResnetBlock2D)?

  /// - Parameter depth: of the transformer; nil without.
  init(
    _ weights: Weights, _ block: UNet2DConfiguration.Block, depth: Int?, _ style: ResnetBlock2D.Style
  ) throws(WeightsError) {
    let channels = block.channels
    first = try ResnetBlock2D(weights["resnets"][0], channels, channels, style)
    if let depth {
      var block = block
      block.onlyCrossAttention = false
      attending = (
        try Transformer2D(weights["attentions"][0], block, depth: depth, groups: style.groups),
        try ResnetBlock2D(weights["resnets"][1], channels, channels, style)
      )
    } else {
      attending = nil
    }
  }

  func conditioning(_ states: Tensor) -> Conditioning { attending?.transformer.conditioning(states) ?? [] }

  /// (N, H, W, C) → (N, H, W, C).
  func callAsFunction(_ x: Tensor, time: Tensor, _ conditioning: Conditioning) -> Tensor {
    let x = first(x, time)
    guard let attending else { return x }
    return attending.resnet(attending.transformer(x, conditioning), time)
  }
}
