import TestSupport
import Testing

@testable import Generation
@testable import Tensors

@Suite struct PrecisionTests {
  /// Less precise arithmetic draws nearly the same picture, and says so in it.
  @Test(arguments: [Precision.bf16, .int8]) func picturesStayClose(_ precision: Precision) throws {
    // Guidance would multiply the difference by its scale.
    let request = shortRequest { $0.guidanceScale = 1 }
    let expected = try Run(
      TextToImagePipeline(folder: Fixture.url("pipeline/sd1")), request
    ).pictures[0]
    #expect(expected.parameters["Precision"] == nil)
    let pipeline = try TextToImagePipeline(folder: Fixture.url("pipeline/sd1"), precision: precision)
    let found = try Run(pipeline, request).pictures[0]
    #expect(found.parameters["Precision"] == precision.rawValue)
    let differences = zip(found.picture.pixels, expected.picture.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.contains { $0 > 0 })
    #expect(differences.reduce(0, +) < 4 * differences.count)
    #expect(try Run(pipeline, request).pictures[0].picture.pixels == found.picture.pixels)
  }
}
