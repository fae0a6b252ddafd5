import DiffusionModels
import Tensors
import TestSupport
import Testing

@Suite struct PerturbedAttentionTests {
  private let unet: UNet2DConditionModel

  init() throws { unet = try UNet2DConditionModel(folder: Fixture.url("diffusion/sd1")) }

  @Test func layersHaveTheNamesOfDiffusers() throws {
    let layers = unet.configuration.selfAttentionLayers
    #expect(layers.contains("mid_block.attentions.0.transformer_blocks.0.attn1"))
    #expect(layers.contains("down_blocks.1.attentions.0.transformer_blocks.0.attn1"))
    #expect(!layers.contains { $0.hasPrefix("down_blocks.3") || $0.hasPrefix("up_blocks.0") })
    let middle = try unet.configuration.selfAttentionLayers(matching: ["mid"])
    #expect(middle == ["mid_block.attentions.0.transformer_blocks.0.attn1"])
    let first = try unet.configuration.selfAttentionLayers(matching: [#"(down|up)_blocks\.1"#, "mid"])
    #expect(first == Set(layers.filter { $0.contains("_blocks.1.") || $0.hasPrefix("mid") }))
  }

  @Test(arguments: [[], ["attn2"], ["["], ["mid", "down_blocks.3"]]) func unknownLayers(_ patterns: [String])
  {
    #expect(throws: InputError.unknownLayer(patterns.last ?? "")) {
      try unet.configuration.selfAttentionLayers(matching: patterns)
    }
  }

  /// Every layer that has a name can be perturbed, and it matters.
  @Test func everyLayerMatters() throws {
    let reference = try Fixture.tensors("diffusion/sd1/reference.safetensors")
    let conditioning = try unet.conditioning(#require(reference["tokens"]))
    let latents = try #require(reference["1.latents"])
    let plain = try unet(latents, timestep: 601, conditioning)
    #expect(try unet(latents, timestep: 601, conditioning.perturbing([])).floats == plain.floats)
    for layer in unet.configuration.selfAttentionLayers {
      let output = try unet(latents, timestep: 601, conditioning.perturbing([layer]))
      #expect(relativeError(output, plain) > 1e-4, "\(layer)")
    }
  }
}
