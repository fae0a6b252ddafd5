import Checkpoints

/// The configuration of an autoencoder that came without one, from its tensors' shapes.
struct AutoencoderShape {
  private let shapes: [String: [Int]]

  /// - Parameter shapes: by diffusers' names.
  init(_ shapes: [String: [Int]]) { self.shapes = shapes }

  func configuration(scalingFactor: Double) -> [String: Any] {
    let tree = NameTree(shapes.keys)
    let levels = tree.count("decoder.up_blocks")
    let channels = (0..<levels).reversed().map {
      first("decoder.up_blocks.\($0).resnets.0.conv1.weight") ?? 0
    }
    return [
      "_class_name": "AutoencoderKL", "block_out_channels": channels,
      "layers_per_block": max(1, tree.count("decoder.up_blocks.0.resnets") - 1),
      "down_block_types": channels.map { _ in "DownEncoderBlock2D" },
      "up_block_types": channels.map { _ in "UpDecoderBlock2D" },
      "latent_channels": shapes["decoder.conv_in.weight"]?.dropFirst().first ?? 4,
      "out_channels": first("decoder.conv_out.weight") ?? 3,
      "in_channels": shapes["encoder.conv_in.weight"]?.dropFirst().first ?? 3,
      "norm_num_groups": 32, "scaling_factor": scalingFactor,
      "mid_block_add_attention": tree.has("decoder.mid_block.attentions"),
      "use_quant_conv": tree.has("quant_conv") || !tree.has("encoder"),
      "use_post_quant_conv": tree.has("post_quant_conv"), "sample_size": 512,
    ]
  }

  private func first(_ name: String) -> Int? { shapes[name]?.first }
}
