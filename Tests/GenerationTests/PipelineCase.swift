import Foundation
import TestSupport
import Testing

@testable import Generation

/// A picture that Tests/Fixtures/pipeline/make.py had the reference libraries make.
struct PipelineCase: Decodable, CustomTestStringConvertible {
  let folder: String
  let prompt: String
  let negative: String?
  let guidance: Float
  let seed: UInt64
  let steps: Int
  let eta: Double
  let sampler: String?
  let width: Int
  let height: Int
  /// A PNG file beside cases.json.
  let expected: String

  static let all: [PipelineCase] = (try? Fixture.json("pipeline/cases.json")) ?? []

  var testDescription: String { expected }

  var request: GenerationRequest {
    var request = GenerationRequest(prompt: prompt)
    request.negativePrompt = negative
    request.guidanceScale = guidance
    request.seed = seed
    request.stepCount = steps
    request.eta = eta
    request.sampler = sampler
    (request.width, request.height) = (width, height)
    return request
  }
}

/// The pictures of a request, and what was reported on the way.
struct Run {
  var pictures: [GeneratedPicture] = []
  var events: [(picture: Int, event: GenerationEvent)] = []

  init(_ pipeline: TextToImagePipeline, _ request: GenerationRequest, count: Int = 1) throws {
    var (pictures, events) = (pictures, events)
    try pipeline.generate(request, count: count) { picture, event in
      events.append((picture, event))
    } finished: {
      pictures.append($0)
    }
    (self.pictures, self.events) = (pictures, events)
  }
}

/// A short request that any of the tiny models can serve.
func shortRequest(_ change: (inout GenerationRequest) -> Void = { _ in }) -> GenerationRequest {
  var request = GenerationRequest(prompt: "a girl reading")
  request.stepCount = 3
  change(&request)
  return request
}

func pipeline(_ name: String) throws -> TextToImagePipeline {
  try ModelFolder.with(name) { try TextToImagePipeline(folder: $0.url) }
}
