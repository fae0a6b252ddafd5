import Foundation
import Layers
import TestSupport
import Testing

@testable import Generation

@Suite struct ModelIndexTests {
  private func index(_ text: String) throws -> ModelIndex {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model_index.json")
      try Data(text.utf8).write(to: url)
      return try readConfiguration(ModelIndex.self, at: url)
    }
  }

  @Test func aSignalTokenModel() throws {
    let index = try index(
      """
      {"_class_name": "SignalTokenPipeline", "guidance_scale": 4.5, "llm": ["voken", "Llama"],
       "projector": ["voken", "MetaQueryConnector"], "unet": ["diffusers", "UNet2DConditionModel"],
       "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "DDIMScheduler"]}
      """)
    #expect(index.pipeline == .signalTokens)
    #expect(index.guidanceScale == 4.5)
  }

  /// As published: absent parts are null, or pairs of nulls.
  @Test func stableDiffusion() throws {
    let index = try index(
      """
      {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "safety_checker": [null, null],
       "feature_extractor": ["transformers", "CLIPImageProcessor"], "image_encoder": null, "requires_safety_checker": false,
       "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}
      """)
    #expect(index.pipeline == .stableDiffusion)
    #expect(index.guidanceScale == nil)
  }

  @Test(
    arguments: [
      ("LatentConsistencyModelPipeline", 8.5), ("StableDiffusionXLImg2ImgPipeline", 5),
      ("StableDiffusionInpaintPipeline", nil),
    ] as [(String, Float?)])
  func otherTasks(_ name: String, _ guidance: Float?) throws {
    let index = try index(#"{"_class_name": "\#(name)", "text_encoder": [null, null]}"#)
    #expect(index.guidanceScale == guidance && !index.hasFirstTextEncoder)
  }

  @Test(arguments: [
    ("", "JSON"), ("[]", "JSON"), ("{}", "_class_name"), (#"{"_class_name": 3}"#, "_class_name"),
    (#"{"_class_name": "FluxPipeline"}"#, "FluxPipeline"),
    (#"{"_class_name": "StableDiffusionPipeline", "unet": ["x", "UNet3D"]}"#, "UNet3D"),
    (#"{"_class_name": "StableDiffusionPipeline", "unet": [null, null]}"#, "unet"),
    (#"{"_class_name": "StableDiffusionPipeline", "vae": []}"#, "vae"),
    (#"{"_class_name": "StableDiffusionPipeline", "vae": "AutoencoderKL"}"#, "vae"),
    (#"{"_class_name": "StableDiffusionPipeline", "guidance_scale": "7"}"#, "guidance_scale"),
  ])
  func whatCannotBeUsedIsNamed(_ text: String, _ word: String) throws {
    let error = try #require(#expect(throws: ConfigurationError.self) { try index(text) })
    #expect(error.description.contains("model_index.json") && error.fault.contains(word), "\(error)")
  }
}
