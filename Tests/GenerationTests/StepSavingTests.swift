import TestSupport
import Testing

@testable import Generation

@Suite struct StepSavingTests {
  @Test func picturesSayWhatWasSaved() throws {
    let pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1"))
    let plain = try Run(pipeline, shortRequest()).pictures[0]
    for (change, key, value) in [
      ({ $0.stepSaving.deepCache = 2 }, "DeepCache", "2"),
      ({ $0.stepSaving.tokenMerging = 0.5 }, "Token merging ratio", "0.5"),
    ] as [((inout GenerationRequest) -> Void, String, String)] {
      let saved = try Run(pipeline, shortRequest(change)).pictures[0]
      #expect(saved.parameters[key] == value && plain.parameters[key] == nil)
      #expect(saved.picture != plain.picture)
      // Nothing is left over from one picture to the next.
      #expect(try Run(pipeline, shortRequest(change)).pictures[0].picture == saved.picture)
    }
  }

  @Test func wholeStepsOnly() throws {
    let pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1"))
    let once = try Run(pipeline, shortRequest { $0.stepCount = 1 }).pictures[0]
    let cached = try Run(
      pipeline,
      shortRequest {
        $0.stepCount = 1
        $0.stepSaving.deepCache = 5
      }
    ).pictures[0]
    #expect(once.picture == cached.picture)
  }

  @Test func outsideTheRange() throws {
    let pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1"))
    for change in [
      { $0.stepSaving.deepCache = 0 }, { $0.stepSaving.tokenMerging = 0.8 },
      { $0.stepSaving.tokenMerging = -.infinity }, { $0.stepSaving.tokenMerging = .nan },
    ] as [(inout GenerationRequest) -> Void] {
      #expect(throws: GenerationError.self) { try pipeline.check(shortRequest(change)) }
    }
  }
}
