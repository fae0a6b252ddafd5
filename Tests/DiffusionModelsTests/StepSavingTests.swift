import DiffusionModels
import Tensors
import TestSupport
import Testing

/// Against the packages tomesd and DeepCache, on diffusers' UNet.
@Suite struct StepSavingTests {
  let unet: UNet2DConditionModel
  let tokens: Tensor
  let reference: [String: Tensor]

  init() throws {
    unet = try UNet2DConditionModel(folder: Fixture.url("diffusion/sd1"))
    tokens = try #require(Fixture.tensors("diffusion/sd1/reference.safetensors")["tokens"])
    reference = try Fixture.tensors("stepsaving/stepsaving.safetensors")
  }

  @Test(arguments: [0.25, 0.5, 0.75]) func tokenMergingEqualsTomesd(_ ratio: Double) throws {
    let latents = try #require(reference["first"])
    let output = try unet(latents, timestep: 500, unet.conditioning(tokens, tokenMerging: ratio))
    let expected = try #require(reference["merged.\(ratio)"])
    expectClose(output, expected, 1e-5)
    #expect(relativeError(try unet(latents, timestep: 500, unet.conditioning(tokens)), expected) > 1e-4)
  }

  /// Every third step is whole.
  @Test func deepFeaturesEqualDeepCache() throws {
    let timesteps = try #require(reference["timesteps"]).floats
    let conditioning = try unet.conditioning(tokens)
    var deep: UNet2DConditionModel.DeepFeatures?
    for (i, name) in ["first", "second", "first", "second"].enumerated() {
      if i % 3 == 0 { deep = nil }
      let output = try unet(
        #require(reference[name]), timestep: timesteps[i], conditioning, deep: &deep)
      #expect(deep != nil)
      expectClose(output, try #require(reference["deep.\(i)"]), 1e-5, "step \(i)")
    }
  }

  @Test func featuresOfAnotherSize() throws {
    let conditioning = try unet.conditioning(tokens)
    var deep: UNet2DConditionModel.DeepFeatures?
    _ = try unet(#require(reference["first"]), timestep: 1, conditioning, deep: &deep)
    #expect(throws: InputError.self) {
      _ = try unet(.zeros([tokens.shape[0], 4, 8, 8]), timestep: 1, conditioning, deep: &deep)
    }
  }
}
