import Checkpoints
import Foundation

/// The configuration of a UNet that came without one: depths and widths from its tensors' shapes, the rest the constants
/// of its family.
struct UNetShape {
  private let shapes: [String: [Int]]
  private let tree: NameTree
  private let family: SingleFileCheckpoint.Family

  /// - Parameter shapes: by diffusers' names.
  init(_ shapes: [String: [Int]], _ family: SingleFileCheckpoint.Family) {
    self.shapes = shapes
    tree = NameTree(shapes.keys)
    self.family = family
  }

  /// - Parameters:
  ///   - sampleSize: the size of the latents that it was trained on.
  ///   - pooledWidth: of the text embedding that SDXL's sizes are joined to; nil where there is no encoder.
  func configuration(sampleSize: Int, pooledWidth: Int?) -> [String: Any] {
    let levels = count("down_blocks")
    let channels = (0..<levels).map { size("down_blocks.\($0).resnets.0.conv1.weight", 0) ?? 0 }
    let down = (0..<levels).map { depths("down_blocks.\($0)") }
    let up = (0..<levels).map { depths("up_blocks.\($0)") }
    let middle = count("mid_block.attentions.0.transformer_blocks")
    let middleType = middle > 0 ? "UNetMidBlock2DCrossAttn" : "UNetMidBlock2D"
    var configuration: [String: Any] = [
      "_class_name": "UNet2DConditionModel",
      "in_channels": size("conv_in.weight", 1) ?? 4, "out_channels": size("conv_out.weight", 0) ?? 4,
      "block_out_channels": channels,
      "layers_per_block": (0..<levels).map { count("down_blocks.\($0).resnets") },
      "down_block_types": down.map { $0 == nil ? "DownBlock2D" : "CrossAttnDownBlock2D" },
      "up_block_types": up.map { $0 == nil ? "UpBlock2D" : "CrossAttnUpBlock2D" },
      "cross_attention_dim": crossAttentionWidth ?? 768,
      "attention_head_dim": channels.map { family == .sd1 ? 8 : max(1, $0 / 64) },
      "use_linear_projection": family != .sd1, "norm_num_groups": 32, "sample_size": sampleSize,
    ]
    // Levels without transformers take any depth; the last one's is also the middle's.
    var downDepths = down.map { $0 ?? [1] }
    if down.last == .some(nil), middle > 0 { downDepths[levels - 1] = [middle] }
    configuration["transformer_layers_per_block"] = downDepths.map(Self.compact)
    if zip(up.reversed(), down).contains(where: { Self.differ($0, $1) }) {
      configuration["reverse_transformer_layers_per_block"] = up.map { Self.compact($0 ?? [1]) }
    }
    configuration["mid_block_type"] = tree.has("mid_block.resnets.0") ? middleType : NSNull() as Any
    if let width = size("time_embedding.cond_proj.weight", 1) { configuration["time_cond_proj_dim"] = width }
    if let width = size("add_embedding.linear_1.weight", 1) {
      let ids = family == .sdxlRefiner ? 5 : 6
      configuration["addition_embed_type"] = "text_time"
      configuration["addition_time_embed_dim"] =
        pooledWidth.map { ($0 < width ? width - $0 : width) / ids } ?? 256
      configuration["projection_class_embeddings_input_dim"] = width
    } else if let width = size("class_embedding.linear_1.weight", 1) {
      configuration["class_embed_type"] = "projection"
      configuration["projection_class_embeddings_input_dim"] = width
    }
    return configuration
  }

  var crossAttentionWidth: Int? { shapes.first { $0.key.hasSuffix("attn2.to_k.weight") }?.value.last }

  /// The depth of each layer's transformer; nil if there is none.
  private func depths(_ block: String) -> [Int]? {
    let layers = count("\(block).attentions")
    return layers == 0 ? nil : (0..<layers).map { count("\(block).attentions.\($0).transformer_blocks") }
  }

  private static func compact(_ depths: [Int]) -> Any { Set(depths).count == 1 ? depths[0] : depths }

  /// Whether an up block's transformers are not its down block's, seen in a mirror.
  private static func differ(_ up: [Int]?, _ down: [Int]?) -> Bool {
    guard let up, let down else { return up != nil }
    return Set(up) != Set(down) || Set(up).count != 1
  }

  private func size(_ name: String, _ axis: Int) -> Int? {
    shapes[name].flatMap { $0.indices.contains(axis) ? $0[axis] : nil }
  }

  private func count(_ module: String) -> Int { tree.count(module) }
}
