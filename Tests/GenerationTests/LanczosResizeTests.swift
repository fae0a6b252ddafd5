import TestSupport
import Testing

@testable import Generation

@Suite struct LanczosResizeTests {
  /// Smaller along one side and larger along the other.
  @Test(arguments: [(41, 100), (101, 23)]) func equalsPillow(_ width: Int, _ height: Int) throws {
    let picture = try PNGFile.read(Fixture.url("pipeline/00-sd1.png"))
    let expected = try PNGFile.read(Fixture.url("pipeline/resized-\(width)x\(height).png"))
    #expect(picture.resized(width: width, height: height) == expected)
  }

  @Test func theSameSizeIsTheSamePicture() throws {
    let picture = try PNGFile.read(Fixture.url("pipeline/02-sd1.png"))
    #expect(picture.resized(width: picture.width, height: picture.height) == picture)
    #expect(picture.resized(width: 1, height: 1).pixels.count == 3)
  }
}
