import Checkpoints
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct UpsamplingConv2dTests {
  @Test(arguments: [(1, 1, 1), (2, 3, 5), (1, 9, 2)]) func equalsResizeThenConvolve(
    _ images: Int, _ height: Int, _ width: Int
  ) throws {
    var random = SeededGenerator(seed: 1)
    let (weight, bias) = (random.tensor([6, 5, 3, 3]), random.tensor([6]))
    let weights = Weights(["weight": weight, "bias": bias], source: "test")
    let x = random.tensor([images, height, width, 5])
    let large = x.resizedNearest(height: 2 * height, width: 2 * width)
    expectClose(
      try UpsamplingConv2d(weights, 5, 6)(x),
      Conv2dTests.reference(large, weight, bias, stride: 1, padding: 1), 1e-6)
  }
}
