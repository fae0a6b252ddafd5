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
      let expected = try PNGFile.read(Fixture.url("pipeline/\(example.expected)"))
      var drawn: [Picture] = []
      try pipeline.generate(request) { drawn.append($0.picture) }
      let picture = try #require(drawn.first)
      #expect((picture.width, picture.height) == (expected.width, expected.height))
      let difference = zip(picture.pixels, expected.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(Double(difference) / Double(expected.pixels.count) < 0.1, "\(example.expected)")
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
