import DiffusionModels
import Foundation
import Tensors
import TestSupport
import Testing

/// Against diffusers' `tiled_decode` and `tiled_encode` (`Tests/Fixtures/diffusion/tiling.py`).
@Suite struct TilingTests {
  private let folder = Fixture.url("diffusion/vae")

  @Test(arguments: ["", "_thin"]) func equalsDiffusers(_ kind: String) throws {
    let reference = try Fixture.tensors("diffusion/tiling.safetensors")
    let decoder = try AutoencoderKL.Decoder(folder: folder)
    let tiling = Tiling(decoder.configuration)
    #expect(tiling.latents == 8)
    let decoded = try decoder(#require(reference["latents\(kind)"]), tiling: tiling)
    expectClose(decoded.channelsFirst(), try #require(reference["decoded\(kind)"]), 1e-5, "decoded")
    let encoder = try AutoencoderKL.Encoder(folder: folder)
    let encoded = try encoder(#require(reference["pictures\(kind)"]).channelsLast(), tiling: tiling)
    expectClose(encoded.mode, try #require(reference["mean\(kind)"]), 1e-5, "mean")
  }

  /// One tile is the whole picture.
  @Test func smallPicturesAreNotDivided() throws {
    let decoder = try AutoencoderKL.Decoder(folder: folder)
    let latents = try #require(try Fixture.tensors("diffusion/vae/reference.safetensors")["latents"])
    let side = max(latents.shape[2], latents.shape[3])
    let tiling = Tiling(latents: (side + 3) / 4 * 4)
    #expect(try decoder(latents, tiling: tiling).floats == decoder(latents).floats)
  }

  @Test func sidesAreMultiplesOfFour() {
    #expect([-1, 0, 5, 8, 67].map { Tiling(latents: $0).latents } == [4, 4, 4, 8, 64])
  }

  @Test func checkpointsStopTheWork() throws {
    struct Stop: Error {}
    let decoder = try AutoencoderKL.Decoder(folder: folder)
    let latents = Tensor.zeros([1, 4, 12, 12])
    var calls = 0
    _ = try decoder(latents) { calls += 1 }
    #expect(calls > 1)
    var tiled = 0
    _ = try decoder(latents, tiling: Tiling(latents: 8)) { tiled += 1 }
    #expect(tiled == 4 * calls)
    #expect(throws: Stop.self) { try decoder(latents) { throw Stop() } }
  }
}
