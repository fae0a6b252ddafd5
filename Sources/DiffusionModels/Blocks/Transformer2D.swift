import Checkpoints
import Layers
import Tensors

/// A stack of transformer blocks over the pixels of a picture (diffusers' `Transformer2DModel`).
struct Transformer2D: Sendable {
  /// One for each block.
  typealias Conditioning = [BasicTransformerBlock.Conditioning]

  private let norm: GroupNorm
  // A linear layer or a 1×1 convolution: the same where channels come last.
  private let inputProjection: Linear
  private let blocks: [BasicTransformerBlock]
  private let outputProjection: Linear

  init(
    _ weights: Weights, _ block: UNet2DConfiguration.Block, depth: Int, groups: Int
  ) throws(WeightsError) {
    let width = block.channels
    norm = try GroupNorm(weights["norm"], groups: groups, channels: width, epsilon: 1e-6)
    inputProjection = try Linear(weights["proj_in"], width, width)
    blocks = try (0..<depth).map { (i) throws(WeightsError) in
      try BasicTransformerBlock(
        weights["transformer_blocks"][i], width: width, heads: block.heads,
        contextWidth: block.crossAttentionWidth, onlyCrossAttention: block.onlyCrossAttention)
    }
    outputProjection = try Linear(weights["proj_out"], width, width)
  }

  func conditioning(_ states: Tensor, tokenMerging: Double = 0) -> Conditioning {
    blocks.map { $0.conditioning(states, tokenMerging: tokenMerging) }
  }

  /// (N, H, W, C) → (N, H, W, C).
  func callAsFunction(_ x: Tensor, _ conditioning: Conditioning) -> Tensor {
    var h = inputProjection(norm(x, as: inputProjection.inputType), Epilogue(as: x.dtype))
    h = h.reshaped([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])  // (N, HW, C)
    for (block, conditioning) in zip(blocks, conditioning) {
      h = block(h, size: (x.shape[1], x.shape[2]), conditioning)
    }
    return outputProjection(h.reshaped(x.shape), Epilogue(adding: x, as: x.dtype))
  }
}
