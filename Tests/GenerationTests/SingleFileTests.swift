import Foundation
import TestSupport
import Testing

@testable import Generation

/// Models in the layouts of published files against diffusers' pictures (`Tests/Fixtures/formats/make.py`).
struct SingleFileTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let family: String
    let prompt: String
    let negative: String?
    let guidance: Float
    let seed: UInt64
    let steps: Int
    let strength: Double?
    let `init`: Bool?
    let mask: Bool?
    let expected: String

    static let all: [Case] = (try? Fixture.json("formats/cases.json")) ?? []
    var testDescription: String { expected }

    func request() throws -> GenerationRequest {
      var request = GenerationRequest(prompt: prompt)
      request.negativePrompt = negative
      request.guidanceScale = guidance
      request.seed = seed
      request.stepCount = steps
      if let strength { request.strength = strength }
      if `init` == true {
        request.initialPicture = try PNGFile.read(Fixture.url("pipeline/00-sd1.png"))
      } else {
        (request.width, request.height) = (64, 64)
      }
      return request
    }
  }

  @Test(arguments: Case.all.filter { $0.family != "inpainting" }) func equalsDiffusers(_ example: Case) throws
  {
    let path = example.family == "lcm" ? "formats/lcm" : "formats/\(example.family).ckpt"
    let pipeline = try TextToImagePipeline(ModelFiles(contentsOf: Fixture.url(path)))
    try expect(pipeline, example.request(), draws: "formats/\(example.expected)")
  }
}
