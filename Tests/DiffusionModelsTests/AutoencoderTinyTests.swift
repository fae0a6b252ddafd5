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

  /// The original's keys: of the decoder alone, and of both halves.
  @Test func originalFilesAreTheSame() throws {
    let expected = try AutoencoderTiny.Decoder(folder: Fixture.url("pipeline/taesd"))
    let latents = Tensor((0..<4 * 25).map { Float($0 % 7) - 3 }, shape: [1, 4, 5, 5])
    let decoded = try expected(latents)
    for file in ["taesd_decoder.safetensors", "taesd", "taesd/diffusion_pytorch_model.safetensors"] {
      let decoder = try AutoencoderTiny.Decoder(contentsOf: Fixture.url("pipeline/\(file)"))
      #expect(decoder.configuration.decoderBlocks == [2, 1, 1, 1])
      #expect(try decoder(latents).floats == decoded.floats)
    }
    #expect(throws: WeightsError.self) {
      try AutoencoderTiny.Decoder(
        contentsOf: Fixture.url("pipeline/sd1/vae/diffusion_pytorch_model.safetensors"))
    }
    #expect(throws: CheckpointError.self) {
      try AutoencoderTiny.Decoder(contentsOf: Fixture.url("pipeline/tasks.json"))
    }
    #expect(throws: CheckpointError.self) {
      try AutoencoderTiny.Decoder(contentsOf: URL(filePath: "/nowhere"))
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
