import Checkpoints
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct Conv2dTests {
  /// The definition, with the weight as files store it: (out, in, kh, kw).
  static func reference(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, stride: Int, padding: Int) -> Tensor {
    let (n, h, w, inputs) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, kernel) = (weight.shape[0], weight.shape[2])
    let (height, width) = ((h + 2 * padding - kernel) / stride + 1, (w + 2 * padding - kernel) / stride + 1)
    let (xs, ws, bs) = (x.doubles, weight.doubles, bias.doubles)
    var out: [Double] = []
    for place in 0..<n * height * width {
      let (image, y, column) = (place / (height * width), place / width % height, place % width)
      for o in 0..<outputs {
        var sum = bs[o]
        for tap in 0..<kernel * kernel {
          let row = y * stride + tap / kernel - padding
          let pixel = column * stride + tap % kernel - padding
          guard (0..<h).contains(row), (0..<w).contains(pixel) else { continue }
          for i in 0..<inputs {
            sum +=
              xs[((image * h + row) * w + pixel) * inputs + i] * ws[(o * inputs + i) * kernel * kernel + tap]
          }
        }
        out.append(sum)
      }
    }
    return Tensor(doubles: out, shape: [n, height, width, outputs])
  }

  @Test(arguments: [1, 3, 5], [1, 2]) func equalsReference(_ kernel: Int, _ stride: Int) throws {
    var random = SeededGenerator(seed: 1)
    let x = random.tensor([2, 7, 9, 4])
    let (weight, bias) = (random.tensor([6, 4, kernel, kernel]), random.tensor([6]))
    let weights = Weights(["weight": weight, "bias": bias], source: "test")
    let layer = try Conv2d(weights, 4, 6, kernel: kernel, stride: stride, padding: kernel / 2)
    expectClose(layer(x), Self.reference(x, weight, bias, stride: stride, padding: kernel / 2), 1e-6)
  }

  /// diffusers' downsampling pads below and to the right only.
  @Test func asymmetricPadding() throws {
    var random = SeededGenerator(seed: 2)
    let x = random.tensor([1, 6, 8, 3])
    let (weight, bias) = (random.tensor([5, 3, 3, 3]), random.tensor([5]))
    let layer = try Conv2d(
      Weights(["weight": weight, "bias": bias], source: "test"), 3, 5,
      ConvolutionGeometry(kernel: (3, 3), stride: 2, padding: (0, 0, 1, 1)))
    let below = Tensor.concatenating([x, .zeros([1, 1, 8, 3])], axis: 1)
    let padded = Tensor.concatenating([below, .zeros([1, 7, 1, 3])], axis: 2)
    expectClose(layer(x), Self.reference(padded, weight, bias, stride: 2, padding: 0), 1e-6)
  }

  @Test func bias() throws {
    let weights = Weights(["weight": Tensor(repeating: 1, shape: [2, 1, 3, 3])], source: "test")
    let layer = try Conv2d(weights, 1, 2, kernel: 3, bias: false)
    #expect(layer(Tensor(repeating: 1, shape: [1, 3, 3, 1])).floats == [9, 9])
    #expect(throws: WeightsError.self) { try Conv2d(weights, 1, 2, kernel: 3) }
    #expect(throws: WeightsError.self) { try Conv2d(weights, 1, 2, kernel: 1, bias: false) }
  }
}
