import Testing

@testable import Generation

@Suite struct InpaintingMaskTests {
  private func grey(_ values: [UInt8], width: Int) -> Picture {
    Picture(width: width, height: values.count / width, pixels: values.flatMap { [$0, $0, $0] })
  }

  @Test func halfWhiteIsNew() {
    let mask = InpaintingMask(grey([0, 127, 128, 255], width: 2))
    #expect(mask.latents(pixelsPerLatent: 1).floats == [0, 0, 1, 1])
  }

  /// PIL's luminance: green counts most.
  @Test func coloursCountByLuminance() {
    let mask = InpaintingMask(
      Picture(width: 3, height: 1, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255]))
    #expect(mask.latents(pixelsPerLatent: 1).floats == [0, 1, 0])
  }

  @Test func latentsLookAtTheirFirstPixel() {
    var values = [UInt8](repeating: 255, count: 32)
    values[0] = 0
    values[12] = 0  // row 1: looked at by nobody
    let mask = InpaintingMask(grey(values, width: 8)).latents(pixelsPerLatent: 4)
    #expect(mask.shape == [1, 1, 1, 2])
    #expect(mask.floats == [0, 1])
  }

  @Test func whatIsNewIsErased() {
    let picture = grey([255, 255, 0, 0], width: 2)
    #expect(
      InpaintingMask(grey([0, 255, 0, 255], width: 2)).erasing(picture).floats
        == [1, 1, 1, 0, 0, 0, -1, -1, -1, 0, 0, 0])
  }
}
