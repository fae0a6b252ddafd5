import Foundation
import Layers

/// `model_index.json`: which class each part of a model folder is of.
struct ModelIndex: Decodable {
  enum Pipeline: String, Decodable {
    case signalTokens = "SignalTokenPipeline"
    case stableDiffusion = "StableDiffusionPipeline"
    case stableDiffusionXL = "StableDiffusionXLPipeline"
  }

  let pipeline: Pipeline
  /// The guidance that suits the model; nil where the file does not say.
  let guidanceScale: Float?

  /// SDXL: whether no negative prompt means zeros.
  let zerosForEmptyPrompt: Bool

  private enum CodingKeys: String, CodingKey {
    case className = "_class_name"
    case guidanceScale = "guidance_scale"
    case zerosForEmptyPrompt = "force_zeros_for_empty_prompt"
    case unet, vae
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.decode(String.self, forKey: .className)
    guard let pipeline = Pipeline(rawValue: name) else {
      throw ConfigurationError(
        "_class_name is \(name.prefix(80)); known are SignalTokenPipeline, StableDiffusionPipeline and "
          + "StableDiffusionXLPipeline")
    }
    self.pipeline = pipeline
    guidanceScale = try values.decodeIfPresent(Float.self, forKey: .guidanceScale)
    zerosForEmptyPrompt = try values.decodeIfPresent(Bool.self, forKey: .zerosForEmptyPrompt) ?? true
    // Other entries may be null or of classes that take no part in a picture (a safety checker, say).
    for (key, expected) in [(CodingKeys.unet, "UNet2DConditionModel"), (.vae, "AutoencoderKL")] {
      guard let entry = try values.decodeIfPresent([String?].self, forKey: key) else { continue }
      guard entry.last == expected else {
        throw ConfigurationError(
          "\(key.stringValue) is \(entry.last.flatMap(\.self) ?? "null"), not \(expected)")
      }
    }
  }
}
