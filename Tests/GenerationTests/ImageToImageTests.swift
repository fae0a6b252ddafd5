import Foundation
import Samplers
import TestSupport
import Testing

@testable import Generation

/// Image-to-image against diffusers' pictures (`Tests/Fixtures/pipeline/image_to_image.py`).
struct ImageToImageTests {
  struct Case: Decodable {
    let sampler: String
    let strength: Double
    let steps: Int
    let seed: UInt64
    let eta: Double
    let guidance: Float
    let `init`: String
    let prompt: String
    let expected: String
  }

  private let pipeline: TextToImagePipeline

  init() throws { pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1")) }

  @Test func equalsDiffusers() throws {
    for example in try Fixture.json("pipeline/image_to_image.json", as: [Case].self) {
      var request = GenerationRequest(prompt: example.prompt)
      request.sampler = example.sampler
      request.strength = example.strength
      request.stepCount = example.steps
      request.seed = example.seed
      request.eta = example.eta
      request.guidanceScale = example.guidance
      request.initialPicture = try PNGFile.read(Fixture.url("pipeline/\(example.`init`)"))
      try expect(pipeline, request, draws: "pipeline/\(example.expected)")
    }
  }

  @Test func refusesWhatCannotBe() throws {
    var request = GenerationRequest(prompt: "")
    request.initialPicture = Picture(width: 8, height: 8, pixels: Array(repeating: 0, count: 192))
    request.width = 16
    #expect(throws: GenerationError.self) { try pipeline.check(request) }
    request.width = nil
    request.strength = 0
    #expect(throws: SamplerError.self) { try pipeline.check(request) }
  }
}
