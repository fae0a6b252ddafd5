import Foundation
import TestSupport
import Testing

@testable import Generation

/// Records an issue unless a request gives the reference's picture: a mean difference under 0.1 of 255 levels.
func expect(
  _ pipeline: TextToImagePipeline, _ request: GenerationRequest, draws fixture: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = try PNGFile.read(Fixture.url(fixture))
  var drawn: [Picture] = []
  try pipeline.generate(request) { drawn.append($0.picture) }
  let picture = try #require(drawn.first)
  #expect(
    (picture.width, picture.height) == (expected.width, expected.height), sourceLocation: sourceLocation)
  let difference = zip(picture.pixels, expected.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
  #expect(
    Double(difference) / Double(expected.pixels.count) < 0.01, "\(fixture)", sourceLocation: sourceLocation)
}
