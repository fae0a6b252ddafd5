import Checkpoints
import DiffusionModels
import Foundation
import Tensors
import TestSupport
import Testing

private let fullSizeFolder = ProcessInfo.processInfo.environment["VOKEN_SD15"].map { URL(filePath: $0) }

/// Stable Diffusion 1.5's networks at their true size, where Benchmarks/peers/model.py has written them.
@Suite(.enabled(if: fullSizeFolder != nil, "VOKEN_SD15 names no folder")) struct FullSizeTests {
  @Test func equalsPyTorch() throws {
    let folder = try #require(fullSizeFolder)
    let reference = try SafetensorsFile(contentsOf: folder.appending(path: "reference.safetensors")).tensors
    let latents = try #require(reference["latents"])
    let unet = try UNet2DConditionModel(folder: folder.appending(path: "unet"))
    let output = try unet(latents, timestep: 500, unet.conditioning(#require(reference["tokens"])))
    expectClose(output, try #require(reference["output"]), 1e-4)
    let decoder = try AutoencoderKL.Decoder(folder: folder.appending(path: "vae"))
    let picture = try decoder(#require(reference["corner"]))
    expectClose(picture.channelsFirst(), try #require(reference["picture"]), 1e-4)
  }
}
