import Foundation
import TestSupport
import Testing

@testable import Generation

/// Stable Diffusion XL against diffusers' pictures (`Tests/Fixtures/pipeline/sdxl.py`).
struct SDXLPromptEncoderTests {
  struct Case: Decodable {
    let prompt: String
    let negative: String?
    let guidance: Float
    let seed: UInt64
    let steps: Int
    let width: Int
    let height: Int
    let expected: String
  }

  @Test func equalsDiffusers() throws {
    let pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sdxl"))
    for example in try Fixture.json("pipeline/sdxl.json", as: [Case].self) {
      var request = GenerationRequest(prompt: example.prompt)
      request.negativePrompt = example.negative
      request.guidanceScale = example.guidance
      request.seed = example.seed
      request.stepCount = example.steps
      (request.width, request.height) = (example.width, example.height)
      try expect(pipeline, request, draws: "pipeline/\(example.expected)")
    }
  }
}
