import TestSupport
import Testing

@testable import Tensors

@Suite struct ModulationTests {
  @Test(arguments: [[1, 1], [2, 3, 5], [3, 2, 4, 17], [2, 500, 130], [0, 2, 3], [2, 0, 3]])
  func scalesAndShiftsEachPicture(_ shape: [Int]) {
    var random = SeededGenerator(seed: 1)
    let (images, channels) = (shape[0], shape[shape.count - 1])
    let x = random.tensor(shape)
    let (scale, shift) = (random.tensor([images, channels]), random.tensor([images, channels]))
    let (xs, a, b) = (x.doubles, scale.doubles, shift.doubles)
    let perImage = images == 0 ? 0 : x.count / images
    let expected = xs.indices.map { i in
      let row = i / perImage * channels + i % channels
      return xs[i] * (1 + a[row]) + b[row]
    }
    expectClose(
      x.modulatedPerImage(scale: scale, shift: shift), Tensor(doubles: expected, shape: shape), 2e-7)
  }
}
