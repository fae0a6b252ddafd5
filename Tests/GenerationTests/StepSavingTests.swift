import TestSupport
import Testing

@testable import Generation

@Suite struct StepSavingTests {
  let pipeline: TextToImagePipeline

  init() throws { pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1")) }

  func saving(deepCache: Int = 1, tokenMerging: Double = 0) -> StepSaving {
    var saving = StepSaving()
    saving.deepCache = deepCache
    saving.tokenMerging = tokenMerging
    return saving
  }

  func request(_ saving: StepSaving, steps: Int = 3) -> GenerationRequest {
    var request = shortRequest()
    request.stepSaving = saving
    request.stepCount = steps
    return request
  }

  @Test func picturesSayWhatWasSaved() throws {
    let plain = try Run(pipeline, shortRequest()).pictures[0]
    let cases: [(saving: StepSaving, key: String, value: String)] = [
      (saving(deepCache: 2), "DeepCache", "2"), (saving(tokenMerging: 0.5), "Token merging ratio", "0.5"),
    ]
    for (saving, key, value) in cases {
      let saved = try Run(pipeline, request(saving)).pictures[0]
      #expect(saved.parameters[key] == value)
      #expect(plain.parameters[key] == nil)
      let isChanged = saved.picture != plain.picture
      #expect(isChanged)
      // Nothing is left over from one picture to the next.
      let isRepeated = try Run(pipeline, request(saving)).pictures[0].picture == saved.picture
      #expect(isRepeated)
    }
  }

  @Test func theFirstStepIsWhole() throws {
    let plain = try Run(pipeline, request(StepSaving(), steps: 1)).pictures[0]
    let cached = try Run(pipeline, request(saving(deepCache: 5), steps: 1)).pictures[0]
    let isEqual = plain.picture == cached.picture
    #expect(isEqual)
  }

  @Test(arguments: [(0, 0), (1001, 0), (1, 0.8), (1, -0.1), (1, .nan)] as [(Int, Double)])
  func outsideTheRange(_ deepCache: Int, _ tokenMerging: Double) {
    #expect(throws: GenerationError.self) {
      try pipeline.check(request(saving(deepCache: deepCache, tokenMerging: tokenMerging)))
    }
  }
}
