import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct LatentsFileTests {
  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.latents.safetensors")
      let parameters = GenerationParameters(
        prompt: "a \"girl\"\n", settings: [("Steps", "3"), ("Seed", "7")])
      let latents = Tensor((0..<24).map(Float.init), shape: [1, 4, 2, 3])
      try LatentsFile(latents: latents, parameters: parameters).write(to: url)
      let read = try LatentsFile(contentsOf: url)
      #expect(read.latents.shape == [1, 4, 2, 3] && read.latents.floats == latents.floats)
      #expect(read.parameters == parameters)
      #expect(try contents(of: folder) == ["a.latents.safetensors"])
    }
  }

  @Test func otherFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "x.safetensors")
      for tensors: [String: Tensor] in [
        [:], ["latent": .zeros([1, 4, 2, 2])], ["latents": .zeros([4, 2, 2])],
        ["latents": .zeros([2, 4, 2, 2])],
        ["latents": .zeros([1, 4, 0, 2])], ["latents": Tensor([.nan, 1], shape: [1, 2, 1, 1])],
      ] {
        try SafetensorsFile.write(tensors, to: url)
        #expect(throws: CheckpointError.self) { try LatentsFile(contentsOf: url) }
      }
      #expect(throws: CheckpointError.self) { try LatentsFile(contentsOf: folder.appending(path: "none")) }
      #expect(throws: CheckpointError.self) {
        try LatentsFile(latents: .zeros([1]), parameters: GenerationParameters(prompt: "", settings: []))
          .write(to: folder.appending(path: "no/folder.safetensors"))
      }
    }
  }

  /// What a run leaves before it decodes is what the picture is made of.
  @Test func latentsOfARunDecodeToItsPicture() throws {
    let folder = Fixture.url("pipeline/sd1")
    let pipeline = try TextToImagePipeline(folder: folder)
    let run = try Run(pipeline, shortRequest())
    var kept: LatentsFile?
    for case (_, .denoised(let file)) in run.events { kept = file }
    let file = try #require(kept)
    #expect(file.parameters == run.pictures[0].parameters)
    let picture = try TextToImagePipeline.decode(file.latents, pipeline.files, PipelineOptions())
    #expect(picture == run.pictures[0].picture)
    #expect(throws: GenerationError.self) {
      try TextToImagePipeline.decode(.zeros([1, 3, 2, 2]), pipeline.files, PipelineOptions())
    }
  }
}
