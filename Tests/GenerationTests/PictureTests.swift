import Tensors
import Testing

@testable import Generation

@Suite struct PictureTests {
  private func levels(_ values: [Float]) -> [UInt8] {
    Picture(decoded: Tensor(values, shape: [1, 1, values.count / 3, 3])).pixels
  }

  @Test func endsAndClamps() {
    #expect(levels([-1, 0, 1, -1.5, 7, -.greatestFiniteMagnitude]) == [0, 128, 255, 0, 255, 0])
    #expect(levels([.greatestFiniteMagnitude, -0.0, 0.999]) == [255, 128, 255])
  }

  @Test func halvesGoToEven() {
    var ties = 0
    for level in 0..<255 {
      let x = 2 * (Float(level) + 0.5) / 255 - 1
      guard (x / 2 + 0.5) * 255 == Float(level) + 0.5 else { continue }
      ties += 1
      #expect(levels([x, x, x])[0] == UInt8(level % 2 == 0 ? level : level + 1), "\(level)")
    }
    #expect(ties > 60)  // all those whose neighbours in fp32 lie far enough apart
  }

  @Test func levelsComeBack() {
    for level in 0...255 {
      #expect(levels([Float](repeating: Float(level) / 127.5 - 1, count: 3))[0] == UInt8(level))
    }
  }

  @Test func rowsFromTheTop() {
    let picture = Picture(decoded: Tensor([-1, -1, -1, 1, 1, 1], shape: [2, 1, 3]))
    #expect(picture == Picture(width: 1, height: 2, pixels: [0, 0, 0, 255, 255, 255]))
  }
}
