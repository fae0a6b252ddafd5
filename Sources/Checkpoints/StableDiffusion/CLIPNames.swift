import Tensors

/// The text encoders' tensors in the layouts that checkpoints have, brought to transformers' names.
enum CLIPNames {
  /// OpenCLIP's layout (`transformer.resblocks`, fused projections) → transformers'. Tensors already named in its way
  /// stay as they are, but for the fused projections and the transposed `text_projection` that some converters leave.
  static func translated(_ tensors: [String: Tensor]) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (name, tensor) in tensors {
      let name = currentName(name)
      if let scope = fusedScope(name), let rows = tensor.shape.first, rows % 3 == 0 {
        let suffix = name.hasSuffix("weight") ? "weight" : "bias"
        for (i, part) in ["q_proj", "k_proj", "v_proj"].enumerated() {
          result["\(scope)\(part).\(suffix)"] = tensor[i * rows / 3..<(i + 1) * rows / 3]
        }
      } else if name == "text_projection", tensor.shape.count == 2 {
        // OpenCLIP multiplies from the right.
        result["text_projection.weight"] = tensor.float32().swapping(0..<1, 1..<2)
      } else {
        result[name] = tensor
      }
    }
    return result
  }

  /// Keys beside the tensors that matter: the vision half and what training needs.
  static func isIgnored(_ name: String) -> Bool {
    name == "logit_scale" || name.hasPrefix("visual.") || name.hasPrefix("vision_model.")
      || name.hasPrefix("visual_projection.") || name.hasSuffix("position_ids") || name == "attn_mask"
  }

  private static let modules: ModuleNames = {
    var modules = ModuleNames()
    modules.add("positional_embedding", "text_model.embeddings.position_embedding.weight")
    modules.add("token_embedding", "text_model.embeddings.token_embedding")
    modules.add("ln_final", "text_model.final_layer_norm")
    modules.add("text_model.text_projection", "text_projection")
    return modules
  }()

  private static let layerModules: ModuleNames = {
    var modules = ModuleNames()
    for (from, to) in [
      ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"),
      ("attn.out_proj", "self_attn.out_proj"), ("attn.in_proj_weight", "self_attn.in_proj.weight"),
      ("attn.in_proj_bias", "self_attn.in_proj.bias"),
    ] {
      modules.add(from, to)
    }
    return modules
  }()

  /// OpenCLIP's name for a tensor that transformers calls so, without `text_model`; nil if it has none.
  static func openCLIPName(_ name: String) -> String? {
    let layers = "encoder.layers."
    guard name.hasPrefix(layers) else { return modules.inverse("text_model.\(name)") }
    let rest = name.dropFirst(layers.count)
    guard let dot = rest.firstIndex(of: "."),
      let part = layerModules.inverse(String(rest[rest.index(after: dot)...]))
    else { return nil }
    return "transformer.resblocks.\(rest[..<dot]).\(part)"
  }

  private static func currentName(_ name: String) -> String {
    let blocks = "transformer.resblocks."
    guard name.hasPrefix(blocks) else { return modules(name) ?? name }
    let rest = name.dropFirst(blocks.count)
    guard let dot = rest.firstIndex(of: "."), let part = layerModules(String(rest[rest.index(after: dot)...]))
    else { return name }
    return "text_model.encoder.layers.\(rest[..<dot]).\(part)"
  }

  /// `text_model.encoder.layers.0.self_attn.` of a fused projection there.
  private static func fusedScope(_ name: String) -> String? {
    for suffix in ["in_proj.weight", "in_proj.bias", "in_proj_weight", "in_proj_bias"]
    where name.hasSuffix("self_attn.\(suffix)") {
      return String(name.dropLast(suffix.count))
    }
    return nil
  }
}
