import Tensors

/// What a single-file checkpoint calls the tensors of each part, for writing one: the layout in which the family was
/// first published.
public struct OriginalLayout {
  private let family: SingleFileCheckpoint.Family

  public init(_ family: SingleFileCheckpoint.Family) { self.family = family }

  /// - Parameters:
  ///   - tensors: by diffusers' names.
  ///   - type: which type to write a tensor in, by its original name, shape and stored type.
  /// - Throws: `WeightsError` for a tensor that the layout has no place for.
  public func plans(
    _ part: SingleFileCheckpoint.Part, _ tensors: [String: Tensor], source: String,
    type: (String, [Int], DType) -> DType
  ) throws(WeightsError) -> [TensorPlan] {
    let scope = scope(of: part)
    let isOpenCLIP = part == .textEncoder2 || part == .textEncoder && family == .sd2
    guard !isOpenCLIP else { return try openCLIP(tensors, scope: scope, source: source, type: type) }
    let modules =
      switch part {
      case .unet: CompVisUNet.inverse(of: tensors.keys)
      case .autoencoder:
        CompVisAutoencoder.modules(levels: NameTree(tensors.keys).count("decoder.up_blocks")).inverse
      default: ModuleNames()
      }
    var plans: [TensorPlan] = []
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !CLIPNames.isIgnored(name) {
      let original: String?
      switch part {
      case .unet: original = modules(name)
      case .autoencoder: original = modules(currentAttentionName(name))
      default:
        original =
          name.hasPrefix("text_model.") || name.hasPrefix("text_projection") ? name : "text_model.\(name)"
      }
      guard let original else { throw .unread([name], source: source) }
      plans.append(plan(scope + original, tensor, type, shape: shape(of: original, tensor.shape, part)))
    }
    return plans
  }

  private func scope(of part: SingleFileCheckpoint.Part) -> String {
    switch (part, family) {
    case (.unet, _): "model.diffusion_model."
    case (.autoencoder, _): "first_stage_model."
    case (.textEncoder, .sd1): "cond_stage_model.transformer."
    case (.textEncoder, .sd2): "cond_stage_model.model."
    case (.textEncoder, _): "conditioner.embedders.0.transformer."
    case (.textEncoder2, .sdxlRefiner): "conditioner.embedders.0.model."
    case (.textEncoder2, _): "conditioner.embedders.1.model."
    }
  }

  /// Projections that the original layout has as 1×1 convolutions: around SD 1's transformers, and the autoencoder's
  /// attention.
  private func shape(of name: String, _ shape: [Int], _ part: SingleFileCheckpoint.Part) -> [Int] {
    let isAttention = part == .autoencoder && name.contains(".attn_1.") && name.hasSuffix(".weight")
    return isAttention && shape.count == 2 ? shape + [1, 1] : shape
  }

  private func plan(
    _ name: String, _ tensor: Tensor, _ type: (String, [Int], DType) -> DType, shape: [Int]
  ) -> TensorPlan {
    TensorPlan(name, shape, type(name, shape, tensor.dtype)) {
      shape == tensor.shape
        ? tensor : (tensor.dtype.blockSize == 1 ? tensor : tensor.float32()).reshaped(shape)
    }
  }

  /// OpenCLIP's names; queries, keys and values one below the other, and `text_projection` transposed.
  private func openCLIP(
    _ tensors: [String: Tensor], scope: String, source: String, type: (String, [Int], DType) -> DType
  ) throws(WeightsError) -> [TensorPlan] {
    var plans: [TensorPlan] = []
    for (fullName, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !CLIPNames.isIgnored(fullName) {
      let name = removing(prefix: "text_model.", from: fullName)
      if name == "text_projection.weight" {
        let shape = Array(tensor.shape.reversed())
        let original = scope + "text_projection"
        plans.append(
          TensorPlan(original, shape, type(original, shape, tensor.dtype)) {
            tensor.float32().swapping(0..<1, 1..<2)
          })
      } else if name.contains(".k_proj.") || name.contains(".v_proj.") {
        continue
      } else if name.contains(".q_proj.") {
        let parts = ["q", "k", "v"].compactMap {
          tensors[fullName.replacing(".q_proj.", with: ".\($0)_proj.")]
        }
        guard parts.count == 3, Set(parts.map(\.shape)).count == 1,
          let original = CLIPNames.openCLIPName(name.replacing(".q_proj.", with: ".in_proj."))
        else { throw .unread([fullName], source: source) }
        let shape = [3 * tensor.shape[0]] + tensor.shape.dropFirst()
        plans.append(
          TensorPlan(scope + original, shape, type(scope + original, shape, tensor.dtype)) {
            Tensor.concatenating(parts.map { $0.float32() })
          })
      } else {
        guard let original = CLIPNames.openCLIPName(name) else { throw .unread([fullName], source: source) }
        plans.append(plan(scope + original, tensor, type, shape: tensor.shape))
      }
    }
    return plans
  }
}
