extension UNet2DConfiguration {
  /// Blocks that look at the conditioning.
  var attendingBlocks: [Block] {
    var blocks = (downBlocks + upBlocks).filter { $0.transformerDepths?.contains { $0 > 0 } ?? false }
    if case .crossAttention(let depth) = midBlock, depth > 0 {
      blocks.append(downBlocks[downBlocks.count - 1])
    }
    return blocks
  }

  /// The width that encoder hidden states must have; nil if nothing looks at them.
  public var crossAttentionWidth: Int? { attendingBlocks.first?.crossAttentionWidth }

  /// The width of the time embedding as resnets see it.
  var outputWidth: Int { concatenatesClassEmbedding ? 2 * timeEmbeddingWidth : timeEmbeddingWidth }
}

extension ResnetBlock2D.Style {
  init(_ configuration: UNet2DConfiguration) {
    self.init(
      groups: configuration.normGroups, epsilon: configuration.normEpsilon,
      activation: configuration.activation, timeWidth: configuration.outputWidth,
      scaleShift: configuration.timeScaleShift == .scaleShift)
  }
}
