import Foundation
import Layers

/// `model_index.json`: which class each part of a model folder is of.
struct ModelIndex: Decodable {
  enum Pipeline { case signalTokens, stableDiffusion, stableDiffusionXL }

  let pipeline: Pipeline
  /// The guidance that suits the model; nil where the file does not say.
  let guidanceScale: Float?
  /// SDXL: whether no negative prompt means zeros.
  let zerosForEmptyPrompt: Bool
  /// SDXL: whether there are two text encoders; the refiner has the second only.
  let hasFirstTextEncoder: Bool

  /// A model without an index.
  init(_ pipeline: Pipeline, hasFirstTextEncoder: Bool = true) {
    self.pipeline = pipeline
    guidanceScale = pipeline == .stableDiffusionXL ? 5 : nil
    zerosForEmptyPrompt = hasFirstTextEncoder
    self.hasFirstTextEncoder = hasFirstTextEncoder
  }

  /// Diffusers' classes, with the guidance that they start from (nil: 7.5). The task is not the file's to decide: any model can do
  /// what its UNet's channels allow.
  private static let classes: [String: (Pipeline, guidance: Float?)] = [
    "SignalTokenPipeline": (.signalTokens, nil),
    "StableDiffusionPipeline": (.stableDiffusion, nil),
    "StableDiffusionImg2ImgPipeline": (.stableDiffusion, nil),
    "StableDiffusionInpaintPipeline": (.stableDiffusion, nil),
    "LatentConsistencyModelPipeline": (.stableDiffusion, 8.5),
    "LatentConsistencyModelImg2ImgPipeline": (.stableDiffusion, 8.5),
    "StableDiffusionXLPipeline": (.stableDiffusionXL, 5),
    "StableDiffusionXLImg2ImgPipeline": (.stableDiffusionXL, 5),
    "StableDiffusionXLInpaintPipeline": (.stableDiffusionXL, nil),
  ]

  private enum CodingKeys: String, CodingKey {
    case className = "_class_name"
    case guidanceScale = "guidance_scale"
    case zerosForEmptyPrompt = "force_zeros_for_empty_prompt"
    case unet, vae
    case textEncoder = "text_encoder"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.decode(String.self, forKey: .className)
    guard let (pipeline, guidance) = Self.classes[name] else {
      throw ConfigurationError(
        "_class_name is \(name.prefix(80)); known are \(Self.classes.keys.sorted().joined(separator: ", "))")
    }
    self.pipeline = pipeline
    guidanceScale = try values.decodeIfPresent(Float.self, forKey: .guidanceScale) ?? guidance
    hasFirstTextEncoder = (try? values.decode([String?].self, forKey: .textEncoder))?.last != .some(nil)
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
