import Checkpoints
import DiffusionModels
import Tensors
import TestSupport
import Testing

@Suite struct AutoencoderKLTests {
  @Test(arguments: ["vae", "vae-plain"])
  func equalsDiffusers(_ name: String) throws {
    let folder = Fixture.url("diffusion/\(name)")
    let reference = try Fixture.tensors("diffusion/\(name)/reference.safetensors")
    let pictures = try #require(reference["pictures"]).channelsLast()
    let posterior = try AutoencoderKL.Encoder(folder: folder)(pictures)
    expectClose(posterior.mode, try #require(reference["mean_output"]), 1e-5, "mean")
    expectClose(posterior.logVariance, try #require(reference["logvar_output"]), 1e-5, "log variance")
    let sample = posterior.sample(try #require(reference["noise"]))
    expectClose(sample, try #require(reference["sample_output"]), 1e-5, "sample")

    let decoded = try AutoencoderKL.Decoder(folder: folder)(#require(reference["latents"]))
    expectClose(decoded.channelsFirst(), try #require(reference["decoded_output"]), 1e-5, "decoded")
  }
}
