import Foundation
import Layers
import Tensors

/// By how much LoRA's products are scaled.
enum AdapterSettings: Sendable, Equatable {
  /// Alpha over the rank.
  case alpha(Float)
  /// Alpha over the rank's root (`use_rslora`).
  case alphaOverRoot(Float)
  /// The quotient itself.
  case scale(Float)

  /// Reads `adapter_config.json` of peft.
  init(contentsOf url: URL) throws {
    let values = try readConfiguration([String: Setting].self, at: url)
    if case .string(let type)? = values["peft_type"], type != "LORA" {
      throw SignalSystemError.unsupported("peft_type \(type.prefix(40))", source: url.path)
    }
    for key in [
      "use_dora", "fan_in_fan_out", "rank_pattern", "alpha_pattern", "lora_bias", "layer_replication",
    ] {
      if let value = values[key], !value.isNeutral {
        throw SignalSystemError.unsupported("\(key) \(value)", source: url.path)
      }
    }
    guard case .number(let alpha)? = values["lora_alpha"], alpha.isFinite else {
      throw ConfigurationError("lora_alpha must be a number", file: url.path)
    }
    self = values["use_rslora"] == .flag(true) ? .alphaOverRoot(Float(alpha)) : .alpha(Float(alpha))
  }

  func scale(rank: Int) -> Float {
    switch self {
    case .alpha(let alpha): alpha / Float(rank)
    case .alphaOverRoot(let alpha): alpha / Float(rank).squareRoot()
    case .scale(let scale): scale
    }
  }
}

/// Low-rank updates of a language model's matrices (Hu et al. 2021), to be added to them.
struct LowRankAdapter {
  /// By the name of the matrix (`model.layers.0.self_attn.q_proj.weight`).
  private var pairs: [String: (a: Tensor, b: Tensor)] = [:]
  private let settings: AdapterSettings
  /// Merged matrices are kept in fp32 up to this many bytes of them; beyond, in their own type, as peft leaves them.
  private let fullPrecisionBytes: Int

  /// Takes the pairs out of a checkpoint's tensors; nil if there are none.
  init?(
    _ tensors: [String: Tensor], _ settings: AdapterSettings?, source: String,
    fullPrecisionBytes: Int = 4 << 30
  ) throws {
    self.fullPrecisionBytes = fullPrecisionBytes
    for (name, a) in tensors {
      guard let range = name.range(of: ".lora_A.") else { continue }
      let other = name.replacing(".lora_A.", with: ".lora_B.")
      guard let b = tensors[other] else {
        throw SignalSystemError.missing(other, source: source, hint: "its lora_A is there")
      }
      guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == b.shape[1], a.shape[0] > 0 else {
        throw SignalSystemError.wrongShape(
          name, found: a.shape, expected: "that of a pair with \(other) \(b.shape)", source: source)
      }
      for (name, tensor) in [(name, a), (other, b)] where !tensor.isFinite {
        throw SignalSystemError.notFinite(name, source: source)
      }
      pairs[name[..<range.lowerBound] + ".weight"] = (a, b)
    }
    if pairs.isEmpty { return nil }
    guard let settings else {
      throw SignalSystemError.unsupported("LoRA without a known lora_alpha", source: source)
    }
    self.settings = settings
  }

  /// The matrices that it changes.
  var names: [String] { pairs.keys.sorted() }

  /// W + scale·B·A; W itself where there is no update.
  func merged(_ name: String, _ weight: Tensor, source: String) throws -> Tensor {
    guard let (a, b) = pairs[name] else { return weight }
    guard weight.shape == [b.shape[0], a.shape[1]] else {
      throw SignalSystemError.wrongShape(
        name, found: weight.shape, expected: "\([b.shape[0], a.shape[1]]) of its LoRA", source: source)
    }
    guard [.float32, .float16, .bfloat16].contains(weight.dtype) else {
      throw SignalSystemError.unsupported("LoRA on a matrix of type \(weight.dtype)", source: source)
    }
    let update = linear(b.float32(), a.float32().swapping(0..<1, 1..<2), bias: nil)
    let sum = linearCombination(1, weight.float32(), settings.scale(rank: a.shape[0]), update)
    let bytes = pairs.values.reduce(0.0) { $0 + 4 * Double($1.b.shape[0]) * Double($1.a.shape[1]) }
    return bytes <= Double(fullPrecisionBytes) ? sum : sum.converted(to: weight.dtype)
  }
}
