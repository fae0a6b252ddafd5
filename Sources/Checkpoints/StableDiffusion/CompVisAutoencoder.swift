/// The autoencoder's modules in the original layout of latent diffusion and in diffusers'.
enum CompVisAutoencoder {
  /// Original → diffusers, for a network of this many levels.
  static func modules(levels: Int) -> ModuleNames {
    var modules = ModuleNames()
    for half in ["encoder", "decoder"] {
      for part in ["conv_in", "conv_out"] { modules.add("\(half).\(part)", "\(half).\(part)") }
      modules.add("\(half).norm_out", "\(half).conv_norm_out")
      for i in 0..<2 { modules.add(resnet: "\(half).mid.block_\(i + 1)", "\(half).mid_block.resnets.\(i)") }
      for (original, current) in attention {
        modules.add("\(half).mid.attn_1.\(original)", "\(half).mid_block.attentions.0.\(current)")
      }
    }
    for level in 0..<levels {
      let (down, up) = ("encoder.down.\(level)", "decoder.up.\(level)")
      // The original numbers the decoder's levels by size, diffusers in their order.
      let (newDown, newUp) = ("encoder.down_blocks.\(level)", "decoder.up_blocks.\(levels - 1 - level)")
      for layer in 0..<maximumLayers {
        modules.add(resnet: "\(down).block.\(layer)", "\(newDown).resnets.\(layer)")
        modules.add(resnet: "\(up).block.\(layer)", "\(newUp).resnets.\(layer)")
      }
      modules.add("\(down).downsample.conv", "\(newDown).downsamplers.0.conv")
      modules.add("\(up).upsample.conv", "\(newUp).upsamplers.0.conv")
    }
    for part in ["quant_conv", "post_quant_conv"] { modules.add(part, part) }
    return modules
  }

  private static let maximumLayers = 16

  private static let attention = [
    ("norm", "group_norm"), ("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("proj_out", "to_out.0"),
  ]
}

extension ModuleNames {
  fileprivate mutating func add(resnet from: String, _ to: String) {
    for part in ["norm1", "conv1", "norm2", "conv2"] { add("\(from).\(part)", "\(to).\(part)") }
    add("\(from).nin_shortcut", "\(to).conv_shortcut")
  }
}
