import Checkpoints
import DiffusionModels
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct LoadingTests {
  private func unet(_ change: (inout [String: Tensor]) -> Void) throws -> UNet2DConditionModel {
    let folder = "diffusion/class-table"
    var tensors = try Fixture.tensors("\(folder)/diffusion_pytorch_model.safetensors")
    change(&tensors)
    let configuration = try UNet2DConfiguration(contentsOf: Fixture.url("\(folder)/config.json"))
    return try UNet2DConditionModel(Weights(tensors, source: "unet"), configuration)
  }

  @Test func missingTensorsAreNamed() {
    let name = "down_blocks.0.resnets.0.conv1.weight"
    #expect(throws: WeightsError.missing(name, source: "unet")) { try unet { $0[name] = nil } }
  }

  @Test func misshapenTensorsAreNamed() {
    #expect(
      throws: WeightsError.wrongShape("conv_out.bias", expected: [4], found: [5], source: "unet")
    ) { try unet { $0["conv_out.bias"] = .zeros([5]) } }
  }

  @Test func unreadTensorsAreNamed() {
    #expect(throws: WeightsError.unread(["mid_block.extra"], source: "unet")) {
      try unet { $0["mid_block.extra"] = .zeros([1]) }
    }
  }

  @Test func numbersThatAreNoneAreFound() {
    #expect(throws: WeightsError.notFinite("conv_out.bias", source: "unet")) {
      try unet { $0["conv_out.bias"] = Tensor([0, .nan, 0, 0], shape: [4]) }
    }
  }

  @Test func scheduleBuffersAreIgnored() throws {
    _ = try unet {
      $0["betas"] = .zeros([3])
      $0["text_model.embeddings.position_ids"] = .zeros([77])
    }
  }

  // MARK: The autoencoder's two halves

  private let vae = "diffusion/vae"

  private func vaeTensors() throws -> [String: Tensor] {
    try Fixture.tensors("\(vae)/diffusion_pytorch_model.safetensors")
  }

  private func configuration() throws -> AutoencoderKLConfiguration {
    try AutoencoderKLConfiguration(contentsOf: Fixture.url("\(vae)/config.json"))
  }

  @Test func halvesLoadAlone() throws {
    let tensors = try vaeTensors()
    let decoder = tensors.filter { $0.key.hasPrefix("decoder.") || $0.key.hasPrefix("post_quant_conv.") }
    let encoder = tensors.filter { decoder[$0.key] == nil }
    _ = try AutoencoderKL.Decoder(Weights(decoder, source: "vae"), configuration())
    _ = try AutoencoderKL.Encoder(Weights(encoder, source: "vae"), configuration())
  }

  @Test func unreadTensorsOfTheirOwnHalfAreNamed() throws {
    for (name, readsDecoder) in [("decoder.extra", true), ("other", true), ("encoder.extra", false)] {
      let weights = Weights(try vaeTensors().merging([name: .zeros([1])]) { $1 }, source: "vae")
      #expect(throws: WeightsError.unread([name], source: "vae")) {
        if readsDecoder {
          _ = try AutoencoderKL.Decoder(weights, configuration())
        } else {
          _ = try AutoencoderKL.Encoder(weights, configuration())
        }
      }
    }
  }

  /// Before 2023 the middle's attention was named otherwise; other files hold it as 1×1 convolutions.
  @Test(arguments: [false, true]) func oldAttentionNames(_ asConvolutions: Bool) throws {
    let names = [".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."]
    var old: [String: Tensor] = [:]
    for (key, tensor) in try vaeTensors() {
      guard let (new, other) = names.first(where: { key.contains($0.key) }) else {
        old[key] = tensor
        continue
      }
      let isMatrix = asConvolutions && tensor.shape.count == 2
      old[key.replacing(new, with: other)] = isMatrix ? tensor.reshaped(tensor.shape + [1, 1]) : tensor
    }
    #expect(old.keys.contains("decoder.mid_block.attentions.0.proj_attn.weight"))
    let reference = try Fixture.tensors("\(vae)/reference.safetensors")
    let weights = Weights(old, source: "vae")
    let decoded = try AutoencoderKL.Decoder(weights, configuration())(#require(reference["latents"]))
    expectClose(decoded.channelsFirst(), try #require(reference["decoded_output"]), 1e-5)
    let posterior = try AutoencoderKL.Encoder(weights, configuration())(
      #require(reference["pictures"]).channelsLast())
    expectClose(posterior.mean, try #require(reference["mean_output"]), 1e-5)
  }
}
