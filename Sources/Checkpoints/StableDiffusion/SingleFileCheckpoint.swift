import Foundation
import Tensors

/// A Stable Diffusion model in one file, of any layout, taken apart: each part's tensors under the names that diffusers
/// and transformers give them. The file stays mapped; tensors are read when they are touched.
public struct SingleFileCheckpoint: Sendable {
  /// A network of the model.
  public enum Part: Sendable, CaseIterable { case unet, autoencoder, textEncoder, textEncoder2 }

  /// What the text encoders and conditioning of the UNet say it is.
  public enum Family: Sendable { case sd1, sd2, sdxl, sdxlRefiner }

  public let url: URL
  /// SD 1 where nothing says otherwise.
  public let family: Family
  private let parts: [Part: [String: Tensor]]
  /// Training steps, where the file says; nil for most.
  public let globalStep: Int?
  /// What the file says of itself in words.
  public let metadata: [String: String]
  /// Tensors without a part that say how the model was trained (`v_pred`, `ztsnr`).
  public let marks: Set<String>

  /// Opens a `.safetensors`, `.ckpt` or `.gguf` file by its content.
  public init(contentsOf url: URL) throws(CheckpointError) {
    let file = try TensorFile(contentsOf: url)
    try self.init(file.tensors, url: url, globalStep: file.globalStep, metadata: file.metadata)
  }

  init(
    _ tensors: [String: Tensor], url: URL, globalStep: Int? = nil, metadata: [String: String] = [:]
  ) throws(CheckpointError) {
    self.url = url
    self.globalStep = globalStep
    self.metadata = metadata
    var (parts, marks): ([Part: [String: Tensor]], Set<String>) = ([:], [])
    var isOpenCLIP = false
    for (name, tensor) in tensors {
      if let (part, rest) = Self.place(name) {
        if part == .textEncoder, rest.hasPrefix("transformer.resblocks.") { isOpenCLIP = true }
        parts[part, default: [:]][rest] = tensor
      } else {
        marks.insert(name)
      }
    }
    for (mark, kind) in Self.unsupported where marks.contains(where: { $0 == mark || $0.hasPrefix(mark) }) {
      throw CheckpointError(file: url.path, fault: "holds \(quoted(mark)): \(kind), which is not supported")
    }
    self.marks = marks
    for part in [Part.textEncoder, .textEncoder2] {
      parts[part] = parts[part].map { CLIPNames.translated($0.filter { !CLIPNames.isIgnored($0.key) }) }
    }
    // The refiner's only encoder is the kind that is second elsewhere.
    let isXL =
      parts[.unet]?.keys.contains { $0.hasPrefix("label_emb.") || $0.hasPrefix("add_embedding.") } ?? false
    if isXL, parts[.textEncoder2] == nil, parts[.textEncoder]?["text_projection.weight"] != nil {
      parts[.textEncoder2] = parts.removeValue(forKey: .textEncoder)
    }
    if let unet = parts[.unet], unet.keys.contains(where: { $0.hasPrefix("input_blocks.") }) {
      parts[.unet] = try Self.renamed(unet, CompVisUNet.modules(of: unet.keys, isXL: isXL), url)
    }
    if let autoencoder = parts[.autoencoder], !autoencoder.keys.contains(where: { $0.contains("_blocks.") }) {
      let tree = NameTree(autoencoder.keys)
      let levels = max(tree.count("decoder.up"), tree.count("encoder.down"))
      parts[.autoencoder] = try Self.renamed(autoencoder, CompVisAutoencoder.modules(levels: levels), url)
    }
    self.parts = parts
    family = Self.family(parts, isOpenCLIP: isOpenCLIP)
  }

  public func has(_ part: Part) -> Bool { parts[part] != nil }

  /// A part's tensors; none if the file does not hold it.
  public func weights(of part: Part) -> Weights { Weights(parts[part] ?? [:], source: url.path) }

  /// A part's shapes, by diffusers' names.
  public func shapes(of part: Part) -> [String: [Int]] { parts[part]?.mapValues(\.shape) ?? [:] }

  /// Whether the UNet takes a mask and a masked picture beside the latents.
  public var isInpainting: Bool { parts[.unet]?["conv_in.weight"]?.shape.dropFirst().first == 9 }

  // MARK: Which tensor belongs where

  /// What the names of a part's tensors begin with, in the original layout and in those of other programs.
  private static let scopes: [(String, Part)] = [
    ("model.diffusion_model.", .unet), ("unet.", .unet),
    ("first_stage_model.", .autoencoder), ("vae.", .autoencoder),
    ("cond_stage_model.1.transformer.", .textEncoder2), ("cond_stage_model.1.model.", .textEncoder2),
    ("cond_stage_model.1.", .textEncoder2),
    ("cond_stage_model.transformer.", .textEncoder), ("cond_stage_model.model.", .textEncoder),
    ("cond_stage_model.", .textEncoder),
    ("conditioner.embedders.0.transformer.", .textEncoder), ("conditioner.embedders.0.model.", .textEncoder),
    ("conditioner.embedders.0.", .textEncoder),
    ("conditioner.embedders.1.model.", .textEncoder2),
    ("conditioner.embedders.1.transformer.", .textEncoder2),
    ("conditioner.embedders.1.", .textEncoder2),
    ("text_encoders.clip_l.transformer.", .textEncoder), ("text_encoders.clip_g.transformer.", .textEncoder2),
    ("text_encoder_2.", .textEncoder2), ("text_encoder.", .textEncoder), ("te2.", .textEncoder2),
    ("te1.", .textEncoder), ("te.", .textEncoder),
  ]

  /// First components of the names in files that hold one part only.
  private static let bareScopes: [String: Part] = [
    "input_blocks": .unet, "middle_block": .unet, "output_blocks": .unet, "time_embed": .unet,
    "label_emb": .unet,
    "out": .unet, "conv_in": .unet, "time_embedding": .unet, "add_embedding": .unet, "down_blocks": .unet,
    "mid_block": .unet, "up_blocks": .unet, "conv_norm_out": .unet, "conv_out": .unet,
    "class_embedding": .unet,
    "encoder": .autoencoder, "decoder": .autoencoder, "quant_conv": .autoencoder,
    "post_quant_conv": .autoencoder,
    "text_model": .textEncoder, "text_projection": .textEncoder,
  ]

  /// What would make another picture than the networks alone.
  private static let unsupported = [
    ("edm_mean", "a model with its own latent statistics"),
    ("edm_vpred.sigma_max", "a model with EDM noise levels"),
    ("control_model.", "a ControlNet"),
  ]

  private static func place(_ name: String) -> (Part, String)? {
    for (scope, part) in scopes where name.hasPrefix(scope) {
      let rest = String(name.dropFirst(scope.count))
      return part == .autoencoder && (rest.hasPrefix("loss.") || rest.hasPrefix("model_ema."))
        ? nil : (part, rest)
    }
    guard let first = name.split(separator: ".").first, let part = bareScopes[String(first)] else {
      return nil
    }
    return (part, name)
  }

  private static func renamed(
    _ tensors: [String: Tensor], _ modules: ModuleNames, _ url: URL
  ) throws(CheckpointError) -> [String: Tensor] {
    var renamed: [String: Tensor] = [:]
    for (name, tensor) in tensors {
      let newName = modules(name) ?? name
      guard renamed.updateValue(tensor, forKey: newName) == nil else {
        throw CheckpointError(file: url.path, fault: "two tensors mean \(quoted(newName))")
      }
    }
    return renamed
  }

  private static func family(_ parts: [Part: [String: Tensor]], isOpenCLIP: Bool) -> Family {
    let unet = parts[.unet] ?? [:]
    let width = unet.first { $0.key.hasSuffix("attn2.to_k.weight") }?.value.shape.last
    if unet.keys.contains(where: { $0.hasPrefix("add_embedding.") }) {
      let isRefiner = parts[.textEncoder2] == nil ? width == 1280 : parts[.textEncoder] == nil
      return isRefiner ? .sdxlRefiner : .sdxl
    }
    guard !isOpenCLIP else { return .sd2 }
    // Projections around transformers are convolutions in SD 1, matrices in SD 2.
    let projection = unet.first { $0.key.hasSuffix("attentions.0.proj_in.weight") }?.value.shape
    return projection?.count == 2 && (width == 1024 || parts[.textEncoder] == nil) ? .sd2 : .sd1
  }
}
