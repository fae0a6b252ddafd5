extension UNet2DConfiguration {
  /// The names of the layers in which pixels look at each other, as diffusers has them:
  /// `mid_block.attentions.0.transformer_blocks.0.attn1`.
  public var selfAttentionLayers: [String] {
    func names(_ blocks: [Block], _ scope: String) -> [String] {
      blocks.enumerated().filter { !$1.onlyCrossAttention }.flatMap { index, block in
        (block.transformerDepths ?? []).enumerated().flatMap { layer, depth in
          (0..<depth).map { Self.name("\(scope).\(index)", layer, $0) }
        }
      }
    }
    var middle: [String] = []
    if case .crossAttention(let depth) = midBlock {
      middle = (0..<depth).map { Self.name("mid_block", 0, $0) }
    }
    return names(downBlocks, "down_blocks") + middle + names(upBlocks, "up_blocks")
  }

  /// The self-attention layers that any of the patterns is found in: regular expressions, as diffusers'
  /// `pag_applied_layers`. `mid` is the whole middle block.
  /// - Throws: `InputError` for a pattern that is none, or that is found nowhere.
  public func selfAttentionLayers(matching patterns: [String]) throws(InputError) -> Set<String> {
    guard !patterns.isEmpty else { throw .unknownLayer("") }
    var result: Set<String> = []
    for pattern in patterns {
      guard let expression = try? Regex(pattern) else { throw .unknownLayer(pattern) }
      let matches = selfAttentionLayers.filter { $0.contains(expression) }
      guard !matches.isEmpty else { throw .unknownLayer(pattern) }
      result.formUnion(matches)
    }
    return result
  }

  static func name(_ block: String, _ attention: Int, _ transformer: Int) -> String {
    "\(block).attentions.\(attention).transformer_blocks.\(transformer).attn1"
  }
}

extension UNet2DConditionModel.Conditioning {
  /// The same with the self-attention of the named layers replaced by the identity (Ahn et al. 2024).
  public func perturbing(_ layers: Set<String>) -> Self {
    func perturbed(_ attentions: [Transformer2D.Conditioning], _ block: String) -> [Transformer2D
      .Conditioning]
    {
      attentions.enumerated().map { i, transformer in
        transformer.enumerated().map { j, conditioning in
          var conditioning = conditioning
          conditioning.isPerturbed = layers.contains(UNet2DConfiguration.name(block, i, j))
          return conditioning
        }
      }
    }
    var result = self
    result.down = down.enumerated().map { perturbed($1, "down_blocks.\($0)") }
    result.mid = perturbed([mid], "mid_block")[0]
    result.up = up.enumerated().map { perturbed($1, "up_blocks.\($0)") }
    return result
  }
}
