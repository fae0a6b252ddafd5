import Checkpoints
import DiffusionModels
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct AutoencoderTinyTests {
  private let folder = Fixture.url("diffusion/taesd")

  @Test func equalsDiffusers() throws {
    let reference = try Fixture.tensors("diffusion/taesd/reference.safetensors")
    let encoded = try AutoencoderTiny.Encoder(folder: folder)(#require(reference["pictures"]).channelsLast())
    expectClose(encoded, try #require(reference["encoded_output"]), 1e-5, "encoded")
    let decoded = try AutoencoderTiny.Decoder(folder: folder)(#require(reference["latents"]))
    expectClose(decoded.channelsFirst(), try #require(reference["decoded_output"]), 1e-5, "decoded")
  }

  @Test func halvesLoadAloneAndNameUnreadTensors() throws {
    let tensors = try Fixture.tensors("diffusion/taesd/diffusion_pytorch_model.safetensors")
    let configuration = try AutoencoderTinyConfiguration(contentsOf: folder.appending(path: "config.json"))
    let encoder = tensors.filter { $0.key.hasPrefix("encoder.") }
    _ = try AutoencoderTiny.Encoder(Weights(encoder, source: "taesd"), configuration)
    let decoder = tensors.filter { $0.key.hasPrefix("decoder.") }
    _ = try AutoencoderTiny.Decoder(Weights(decoder, source: "taesd"), configuration)
    #expect(throws: WeightsError.unread(["decoder.layers.99.weight"], source: "taesd")) {
      let weights = Weights(
        decoder.merging(["decoder.layers.99.weight": .zeros([1])]) { $1 }, source: "taesd")
      _ = try AutoencoderTiny.Decoder(weights, configuration)
    }
  }

  @Test func wrongShapes() throws {
    let encoder = try AutoencoderTiny.Encoder(folder: folder)
    #expect(throws: InputError.self) { try encoder(.zeros([1, 3, 8, 8])) }
    let decoder = try AutoencoderTiny.Decoder(folder: folder)
    #expect(throws: InputError.self) { try decoder(.zeros([1, 8, 8, 4])) }
  }

  @Test(
    arguments: [
      (#"{"upsample_fn": "bilinear"}"#, #"upsample_fn "bilinear" is not supported"#),
      (
        #"{"encoder_block_out_channels": [64, 64, 64, 32]}"#, "encoder_block_out_channels is [64, 64, 64, 32]"
      ),
      (#"{"num_encoder_blocks": [-1]}"#, "num_encoder_blocks"),
      (#"{"scaling_factor": 0}"#, "scaling_factor is 0"), (#"{"extra": 1}"#, "extra 1 is not supported"),
    ])
  func faultsAreNamed(_ json: String, _ fault: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try AutoencoderTinyConfiguration(json: Data(json.utf8))
    }
    #expect(error?.description.contains(fault) == true)
  }
}
