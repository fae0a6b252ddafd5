import TestSupport
import Testing

@testable import Tensors

@Suite struct LayoutTests {
  /// 0, 1, 2, …
  static func counting(_ shape: [Int]) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float($0) }, shape: shape)
  }

  @Test(arguments: [
    [1, 1, 1, 1], [2, 3, 4, 5], [1, 17, 3, 2], [3, 1, 7, 9], [2, 0, 3, 3], [0, 2, 2, 2],
  ])
  func pictureLayouts(_ shape: [Int]) {
    let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
    let x = Self.counting(shape)
    var expected: [Float] = []
    for image in 0..<n {
      for pixel in 0..<h * w {
        for channel in 0..<c { expected.append(Float((image * c + channel) * h * w + pixel)) }
      }
    }
    #expect(x.channelsLast().shape == [n, h, w, c])
    #expect(x.channelsLast().floats == expected)
    #expect(x.channelsLast().channelsFirst().floats == x.floats)
  }

  @Test func swapsRunsInTheMiddle() {
    let x = Self.counting([2, 3, 4, 5, 6])
    let result = x.swapping(1..<2, 2..<4)
    #expect(result.shape == [2, 4, 5, 3, 6])
    var expected: [Float] = []
    for a in 0..<2 {
      for c in 0..<20 {
        for b in 0..<3 { for d in 0..<6 { expected.append(Float(((a * 3 + b) * 20 + c) * 6 + d)) } }
      }
    }
    #expect(result.floats == expected)
    #expect(x.swapping(2..<2, 2..<4).floats == x.floats)
  }

  @Test func partOfTheLastDimension() {
    let x = Self.counting([3, 2, 5])
    #expect(x.lastDimension(1..<4).floats == (0..<6).flatMap { row in (1..<4).map { Float(row * 5 + $0) } })
    #expect(x.lastDimension(0..<5).floats == x.floats)
    #expect(x.lastDimension(2..<2).shape == [3, 2, 0])
    #expect(Tensor.zeros([4, 0]).lastDimension(0..<0).shape == [4, 0])
  }

  @Test(arguments: [0, 1, 2, -1]) func concatenationUndoesCutting(_ axis: Int) {
    var random = SeededGenerator(seed: 1)
    for sizes in [[1], [2, 3], [1, 0, 4], [7, 1, 1, 2]] {
      let place = axis < 0 ? 2 : axis
      let parts = sizes.map { size in
        random.tensor((0..<3).map { $0 == place ? size : [3, 5, 4][$0] })
      }
      let whole = Tensor.concatenating(parts, axis: axis)
      var shape = [3, 5, 4]
      shape[place] = sizes.reduce(0, +)
      #expect(whole.shape == shape)
      // With the axis moved to the front, parts lie one after the other.
      func front(_ x: Tensor) -> [Float] { x.swapping(0..<place, place..<place + 1).floats }
      #expect(front(whole) == parts.flatMap(front))
    }
  }

  /// PyTorch takes its source index from single-precision arithmetic; that is the same for every size here.
  @Test func nearestAsPyTorch() {
    for size in 1...24 {
      for target in 1...49 {
        let x = Self.counting([1, size, 1, 1])
        let scale = Float(size) / Float(target)
        let expected = (0..<target).map { Float(min(Int((Float($0) * scale).rounded(.down)), size - 1)) }
        #expect(x.resizedNearest(height: target, width: 1).floats == expected, "\(size) → \(target)")
        #expect(x.reshaped([1, 1, size, 1]).resizedNearest(height: 1, width: target).floats == expected)
      }
    }
  }

  @Test func nearestOfPictures() {
    let x = Self.counting([2, 2, 3, 5])
    let result = x.resizedNearest(height: 4, width: 9)
    var expected: [Float] = []
    for image in 0..<2 {
      for y in 0..<4 {
        for column in 0..<9 {
          for c in 0..<5 { expected.append(Float(((image * 2 + y / 2) * 3 + column / 3) * 5 + c)) }
        }
      }
    }
    #expect(result.shape == [2, 4, 9, 5])
    #expect(result.floats == expected)
  }
}
