/// The UNet's modules in the original layout of latent diffusion (`input_blocks`, `middle_block`, `output_blocks`) and in
/// diffusers'. Which is which shows in the names themselves, so any width and depth will do.
enum CompVisUNet {
  /// Original → diffusers, for a network with these original names.
  ///
  /// - Parameter isXL: whether `label_emb` embeds sizes and the pooled text, and not a class.
  static func modules(of names: some Sequence<String>, isXL: Bool) -> ModuleNames {
    let tree = NameTree(names)
    var modules = ends(isXL: isXL)
    var (level, layer) = (0, 0)
    for i in 1..<max(1, tree.count("input_blocks")) {
      let block = "input_blocks.\(i)"
      if tree.has("\(block).0.op") {
        modules.add("\(block).0.op", "down_blocks.\(level).downsamplers.0.conv")
        (level, layer) = (level + 1, 0)
      } else {
        modules.add(resnet: "\(block).0", "down_blocks.\(level).resnets.\(layer)")
        modules.add("\(block).1", "down_blocks.\(level).attentions.\(layer)")
        layer += 1
      }
    }
    (level, layer) = (0, 0)
    for i in 0..<tree.count("output_blocks") {
      let block = "output_blocks.\(i)"
      modules.add(resnet: "\(block).0", "up_blocks.\(level).resnets.\(layer)")
      let upsampler = (1...2).first { tree.has("\(block).\($0).conv") }
      if upsampler != 1 { modules.add("\(block).1", "up_blocks.\(level).attentions.\(layer)") }
      if let upsampler {
        modules.add("\(block).\(upsampler)", "up_blocks.\(level).upsamplers.0")
        (level, layer) = (level + 1, 0)
      } else {
        layer += 1
      }
    }
    return modules
  }

  /// Diffusers → original, for a network with these diffusers names.
  static func inverse(of names: some Sequence<String>) -> ModuleNames {
    let tree = NameTree(names)
    var modules = ends(isXL: tree.has("add_embedding"))
    var block = 1
    for level in 0..<tree.count("down_blocks") {
      let down = "down_blocks.\(level)"
      for layer in 0..<tree.count("\(down).resnets") {
        modules.add(resnet: "input_blocks.\(block).0", "\(down).resnets.\(layer)")
        modules.add("input_blocks.\(block).1", "\(down).attentions.\(layer)")
        block += 1
      }
      if tree.has("\(down).downsamplers") {
        modules.add("input_blocks.\(block).0.op", "\(down).downsamplers.0.conv")
        block += 1
      }
    }
    block = 0
    for level in 0..<tree.count("up_blocks") {
      let up = "up_blocks.\(level)"
      let layers = tree.count("\(up).resnets")
      for layer in 0..<layers {
        modules.add(resnet: "output_blocks.\(block).0", "\(up).resnets.\(layer)")
        modules.add("output_blocks.\(block).1", "\(up).attentions.\(layer)")
        if layer == layers - 1 {
          let place = tree.has("\(up).attentions.\(layer)") ? 2 : 1
          // With the upsampler in the attention's place, that name must not claim it.
          modules.add("output_blocks.\(block).\(place)", "\(up).upsamplers.0")
        }
        block += 1
      }
    }
    return modules.inverse
  }

  /// What does not depend on the depth.
  private static func ends(isXL: Bool) -> ModuleNames {
    var modules = ModuleNames()
    modules.add("input_blocks.0.0", "conv_in")
    modules.add("time_embed.0", "time_embedding.linear_1")
    modules.add("time_embed.2", "time_embedding.linear_2")
    modules.add("time_embed.cond_proj", "time_embedding.cond_proj")
    let labels = isXL ? "add_embedding" : "class_embedding"
    modules.add("label_emb.0.0", "\(labels).linear_1")
    modules.add("label_emb.0.2", "\(labels).linear_2")
    modules.add("out.0", "conv_norm_out")
    modules.add("out.2", "conv_out")
    modules.add(resnet: "middle_block.0", "mid_block.resnets.0")
    modules.add("middle_block.1", "mid_block.attentions.0")
    modules.add(resnet: "middle_block.2", "mid_block.resnets.1")
    return modules
  }
}

extension ModuleNames {
  fileprivate mutating func add(resnet from: String, _ to: String) {
    let parts = [
      ("in_layers.0", "norm1"), ("in_layers.2", "conv1"), ("out_layers.0", "norm2"),
      ("out_layers.3", "conv2"),
      ("emb_layers.1", "time_emb_proj"), ("skip_connection", "conv_shortcut"),
    ]
    for (original, current) in parts { add("\(from).\(original)", "\(to).\(current)") }
  }
}
