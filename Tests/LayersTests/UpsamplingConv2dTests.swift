import Checkpoints
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct UpsamplingConv2dTests {
  @Test(arguments: [(1, 1, 1), (2, 3, 5), (1, 9, 2)]) func equalsResizeThenConvolve(
    _ images: Int, _ height: Int, _ width: Int
  ) throws {
    func values(_ shape: [Int], _ seed: Int) -> Tensor {
      Tensor((0..<shape.reduce(1, *)).map { Float(($0 + seed) * 7919 % 1009) / 504 - 1 }, shape: shape)
    }
    let weights = Weights(["weight": values([6, 5, 3, 3], 1), "bias": values([6], 2)], source: "test")
    let x = values([images, height, width, 5], 3)
    let expected = try Conv2d(weights, 5, 6, kernel: 3, padding: 1)(
      x.resizedNearest(height: 2 * height, width: 2 * width))
    expectClose(try UpsamplingConv2d(weights, 5, 6)(x), expected, 1e-6)
  }
}
