import Checkpoints
import Foundation
import Tokenizers

/// A single-file checkpoint. It has no configurations: they are made from the tensors' shapes and what is known of its
/// family.
struct SingleFileLayout: ModelLayout {
  let index: ModelIndex
  let file: SingleFileCheckpoint
  private let predictsV: Bool
  static let predictionKey = "modelspec.prediction_type"

  init(_ url: URL) throws {
    file = try SingleFileCheckpoint(contentsOf: url)
    guard file.has(.unet) else {
      throw GenerationError.incompatible("\(url.path): holds no UNet of Stable Diffusion 1, 2 or XL")
    }
    index =
      switch file.family {
      case .sd1, .sd2: ModelIndex(.stableDiffusion)
      case .sdxl: ModelIndex(.stableDiffusionXL)
      case .sdxlRefiner: ModelIndex(.stableDiffusionXL, hasFirstTextEncoder: false)
      }
    predictsV = Self.predictsV(file)
  }

  /// As diffusers decides: SD 2's files do not say, and only the base model's checkpoint is known by its step. Newer files
  /// carry an empty tensor `v_pred`, or say so in their metadata (ModelSpec 1.0).
  private static func predictsV(_ file: SingleFileCheckpoint) -> Bool {
    if file.marks.contains("v_pred") { return true }
    if let prediction = file.metadata[predictionKey] { return prediction == "v" }
    return file.family == .sd2 && !file.isInpainting && file.globalStep != 875_000
  }

  func configuration(of part: ModelPart) throws -> (json: Data, source: String) {
    let settings =
      switch part {
      case .unet:
        UNetShape(file.shapes(of: .unet), file.family)
          .configuration(sampleSize: sampleSize, pooledWidth: pooledWidth)
      case .vae: AutoencoderShape(file.shapes(of: .autoencoder)).configuration(scalingFactor: scalingFactor)
      case .scheduler: scheduler
      case .textEncoder, .textEncoder2: textEncoder(part)
      }
    return (try JSONSerialization.data(withJSONObject: settings, options: [.sortedKeys]), file.url.path)
  }

  func weights(of part: ModelPart) throws -> Weights {
    let (section, what) = section(part)
    guard file.has(section) else {
      let hint = part == .vae ? "; name one by --vae" : ""
      throw GenerationError.incompatible("\(file.url.path): holds no \(what)\(hint)")
    }
    let weights = file.weights(of: section)
    guard part == .textEncoder || part == .textEncoder2 else { return weights }
    // SD 2 was trained on the last but one layer's states: OpenCLIP's 24th is in its files for nothing.
    let unused = "encoder.layers.\(usedLayers(part))."
    return weights.filtered {
      !$0.contains(unused) && !(file.family == .sd2 && $0 == "text_projection.weight")
    }
  }

  func tokenizer(for encoder: ModelPart) throws -> CLIPTokenizer {
    try .builtIn(padToken: isOpenCLIP(encoder) ? "!" : "<|endoftext|>")
  }

  // MARK: What the family implies

  private func section(_ part: ModelPart) -> (SingleFileCheckpoint.Part, String) {
    switch part {
    case .vae: (.autoencoder, "autoencoder (VAE)")
    case .textEncoder: (.textEncoder, "text encoder")
    case .textEncoder2: (.textEncoder2, "second text encoder")
    case .unet, .scheduler: (.unet, "UNet")
    }
  }

  private func isOpenCLIP(_ encoder: ModelPart) -> Bool { encoder == .textEncoder2 || file.family == .sd2 }

  private func usedLayers(_ part: ModelPart) -> Int {
    let count = TextEncoderShape(file.shapes(of: section(part).0)).layerCount
    return file.family == .sd2 && count == 24 ? 23 : count
  }

  private func textEncoder(_ part: ModelPart) -> [String: Any] {
    var shapes = file.shapes(of: section(part).0)
    if file.family == .sd2 { shapes["text_projection.weight"] = nil }
    return TextEncoderShape(shapes)
      .configuration(isOpenCLIP: isOpenCLIP(part), layerCount: usedLayers(part))
  }

  private var pooledWidth: Int? { TextEncoderShape(file.shapes(of: .textEncoder2)).projectionWidth }

  private var isXL: Bool { file.family == .sdxl || file.family == .sdxlRefiner }

  private var scalingFactor: Double { isXL ? 0.13025 : 0.18215 }

  private var sampleSize: Int { isXL ? 128 : predictsV && file.family == .sd2 ? 96 : 64 }

  /// The scheduler of the family's published folder.
  private var scheduler: [String: Any] {
    var scheduler: [String: Any] = [
      "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
      "steps_offset": 1, "prediction_type": predictsV ? "v_prediction" : "epsilon",
    ]
    if isXL {
      scheduler["_class_name"] = "EulerDiscreteScheduler"
      scheduler["timestep_spacing"] = "leading"
      scheduler["interpolation_type"] = "linear"
      scheduler["use_karras_sigmas"] = false
    } else {
      scheduler["_class_name"] = predictsV || file.isInpainting ? "DDIMScheduler" : "PNDMScheduler"
      scheduler["clip_sample"] = false
      scheduler["set_alpha_to_one"] = false
      scheduler["skip_prk_steps"] = true
    }
    if file.marks.contains("ztsnr") { scheduler["rescale_betas_zero_snr"] = true }
    return scheduler
  }
}
