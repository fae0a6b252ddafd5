import Foundation
import Tensors

/// A LoRA file (Hu et al. 2021): what is added to some of a model's matrices, each as the product of two thin ones. Reads
/// kohya's names (`lora_unet_…`, `lora_te_…`), those that diffusers and PEFT save, and those that diffusers saved first.
public struct LoRAFile: Sendable {
  /// The change of one weight: scale · up · down.
  struct Update: Sendable {
    var down: Tensor?
    var up: Tensor?
    var alpha: Float?
  }

  public let url: URL
  public let scale: Float
  /// By the module's name in the file.
  private let updates: [String: Update]
  /// What alpha is where the file gives none for a module, by the first part of its name; else the rank.
  private let alphas: [String: Float]

  /// - Parameter scale: how much of it to add.
  public init(contentsOf url: URL, scale: Float = 1) throws(CheckpointError) {
    let file = try TensorFile(contentsOf: url)
    self.url = url
    self.scale = scale
    alphas = Self.alphas(file.metadata)
    var updates: [String: Update] = [:]
    for (name, tensor) in file.tensors {
      guard let (module, role) = Self.role(of: name) else {
        throw CheckpointError(
          file: url.path,
          fault: "\(quoted(name)) is not of a plain LoRA (DoRA, LoHa, LoKr and Tucker ones are not supported)"
        )
      }
      switch role {
      case .down: updates[module, default: Update()].down = tensor
      case .up: updates[module, default: Update()].up = tensor
      case .alpha: updates[module, default: Update()].alpha = tensor.floats.first
      }
    }
    for (module, update) in updates {
      guard let down = update.down, let up = update.up, down.shape.count >= 2, up.shape.count >= 2,
        down.shape[0] == up.shape[1], down.shape[0] > 0, up.shape.dropFirst(2).allSatisfy({ $0 == 1 })
      else { throw CheckpointError(file: url.path, fault: "the halves of \(quoted(module)) do not fit") }
    }
    self.updates = updates
  }

  /// Adds what the file has for a part of a model.
  ///
  /// - Parameters:
  ///   - tensors: by diffusers' names.
  ///   - part: whose tensors they are.
  public func merged(
    into tensors: [String: Tensor], of part: SingleFileCheckpoint.Part
  ) throws(CheckpointError) -> [String: Tensor] {
    var result = tensors
    let names = Self.moduleNames(tensors, part)
    for (module, update) in updates {
      guard let target = names[Self.canonical(module)], let weight = tensors[target] else { continue }
      guard let down = update.down, let up = update.up else { continue }
      let (rows, rank) = (up.shape[0], down.shape[0])
      let columns = down.count / rank
      guard weight.shape.first == rows, weight.count == rows * columns else {
        throw CheckpointError(
          file: url.path,
          fault: "\(quoted(module)) is made for a weight of \(rows)×\(columns), not \(weight.shape)")
      }
      let alpha = update.alpha ?? alphas[part.adapterName] ?? Float(rank)
      let product = linear(
        up.float32().reshaped([rows, rank]), down.float32().reshaped([rank, columns]).swapping(0..<1, 1..<2))
      let change = (scale * alpha / Float(rank)) * product
      result[target] = weight.float32() + change.reshaped(weight.shape)
    }
    return result
  }

  /// Fails if the file has a module that no part of a model has.
  ///
  /// - Parameter tensors: a part's, by diffusers' names; none if the model lacks it.
  public func verifyPlaces(
    in tensors: (SingleFileCheckpoint.Part) -> [String: Tensor]
  ) throws(CheckpointError) {
    var stray = Set(updates.keys)
    for part in SingleFileCheckpoint.Part.allCases {
      let names = Self.moduleNames(tensors(part), part)
      stray = stray.filter { names[Self.canonical($0)] == nil }
    }
    guard let first = stray.min() else { return }
    throw CheckpointError(
      file: url.path, fault: "its \(quoted(first)) has no place in this model; it was made for another kind")
  }

  // MARK: Names

  private enum Role { case down, up, alpha }

  /// Endings of names, longest first where one ends another.
  private static let endings: [(String, Role)] = [
    (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
    (".lora_A.default.weight", .down), (".lora_B.default.weight", .up),
    (".lora_A.weight", .down), (".lora_B.weight", .up), (".lora_down.weight", .down),
    (".lora_up.weight", .up),
    (".lora.down.weight", .down), (".lora.up.weight", .up), ("_lora.down.weight", .down),
    ("_lora.up.weight", .up), (".alpha", .alpha),
  ]

  private static func role(of name: String) -> (module: String, Role)? {
    for (ending, role) in endings where name.hasSuffix(ending) {
      return (String(name.dropLast(ending.count)), role)
    }
    return nil
  }

  /// A module's name in the file as it is looked up: kohya's as it is, others without what later versions left out.
  private static func canonical(_ module: String) -> String {
    guard !module.hasPrefix("lora_") else { return module }
    let name = removing(prefix: "base_model.model.", from: module)
    return name.replacing(".processor.", with: ".").replacing("text_model.", with: "")
  }

  /// Every name that a weight's module may have in a file → the weight's own.
  private static func moduleNames(
    _ tensors: [String: Tensor], _ part: SingleFileCheckpoint.Part
  ) -> [String: String] {
    var names: [String: String] = [:]
    let original = part == .unet ? CompVisUNet.inverse(of: tensors.keys) : ModuleNames()
    for name in tensors.keys where name.hasSuffix(".weight") {
      let module = String(name.dropLast(".weight".count))
      let bare = module.replacing("text_model.", with: "")
      for prefix in part.adapterPrefixes {
        names[prefix + bare] = name
        // The first names had no index after `to_out`.
        if bare.hasSuffix("to_out.0") { names[prefix + bare.dropLast(2)] = name }
      }
      let flat = (part == .unet ? module : "text_model.\(bare)").replacing(".", with: "_")
      for prefix in part.kohyaPrefixes { names[prefix + flat] = name }
      if let old = original(name) {
        names["lora_unet_" + old.dropLast(".weight".count).replacing(".", with: "_")] = name
      }
    }
    return names
  }

  /// The settings that diffusers keeps in the file's metadata.
  private static func alphas(_ metadata: [String: String]) -> [String: Float] {
    guard let text = metadata["lora_adapter_metadata"],
      let settings = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { return [:] }
    var alphas: [String: Float] = [:]
    for (key, value) in settings where key.hasSuffix(".lora_alpha") {
      guard let number = value as? NSNumber else { continue }
      alphas[String(key.dropLast(".lora_alpha".count))] = number.floatValue
    }
    return alphas
  }
}

extension SingleFileCheckpoint.Part {
  fileprivate var adapterName: String {
    switch self {
    case .unet: "unet"
    case .autoencoder: "vae"
    case .textEncoder: "text_encoder"
    case .textEncoder2: "text_encoder_2"
    }
  }

  fileprivate var adapterPrefixes: [String] { self == .unet ? ["unet.", ""] : ["\(adapterName)."] }

  fileprivate var kohyaPrefixes: [String] {
    switch self {
    case .unet: ["lora_unet_"]
    case .autoencoder: []
    case .textEncoder: ["lora_te_", "lora_te1_"]
    case .textEncoder2: ["lora_te2_"]
    }
  }
}
