import TestSupport
import Testing

@testable import Tensors

@Suite struct ConvolutionTests {
  typealias Padding = (top: Int, left: Int, bottom: Int, right: Int)

  static func reference(_ x: Tensor, _ weight: Tensor, bias: Tensor?, stride: Int, padding: Padding) -> Tensor
  {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, kh, kw) = (weight.shape[0], weight.shape[1], weight.shape[2])
    let height = (h + padding.top + padding.bottom - kh) / stride + 1
    let width = (w + padding.left + padding.right - kw) / stride + 1
    let (xs, ws, bs) = (x.doubles, weight.doubles, bias?.doubles)
    var out: [Double] = []
    for image in 0..<n {
      for y in 0..<height {
        for column in 0..<width {
          for o in 0..<outputs {
            var sum = bs?[o] ?? 0
            for i in 0..<kh {
              let row = y * stride + i - padding.top
              guard (0..<h).contains(row) else { continue }
              for j in 0..<kw {
                let pixel = column * stride + j - padding.left
                guard (0..<w).contains(pixel) else { continue }
                for channel in 0..<c {
                  sum +=
                    xs[((image * h + row) * w + pixel) * c + channel]
                    * ws[((o * kh + i) * kw + j) * c + channel]
                }
              }
            }
            out.append(sum)
          }
        }
      }
    }
    return Tensor(doubles: out, shape: [n, height, width, outputs])
  }

  @Test(arguments: [1, 3, 5], [1, 2]) func equalsReference(_ kernel: Int, _ stride: Int) {
    var random = SeededGenerator(seed: UInt64(kernel * 10 + stride))
    for round in 0..<12 {
      let padding: Padding = (random.int(0...2), random.int(0...2), random.int(0...2), random.int(0...2))
      let x = random.tensor([
        random.int(1...2), random.int(kernel...kernel + 9), random.int(kernel...kernel + 9),
        random.int(1...9),
      ])
      let weight = random.tensor([random.int(1...70), kernel, kernel, x.shape[3]])
      let bias = round % 3 == 0 ? nil : random.tensor([weight.shape[0]])
      let geometry = ConvolutionGeometry(kernel: (kernel, kernel), stride: stride, padding: padding)
      expectClose(
        conv2d(x, weight, bias: bias, geometry),
        Self.reference(x, weight, bias: bias, stride: stride, padding: padding), 1e-6,
        "\(x.shape), \(weight.shape), stride \(stride), padding \(padding)")
    }
  }

  /// Enough pixels for each way of cutting the work, with a last tile that is not full.
  @Test(arguments: [(15, 17), (16, 17), (33, 32), (21, 13)]) func everyCut(_ height: Int, _ width: Int) {
    var random = SeededGenerator(seed: 5)
    let (x, weight, bias) = (
      random.tensor([1, height, width, 3]), random.tensor([67, 3, 3, 3]), random.tensor([67])
    )
    expectClose(
      conv2d(x, weight, bias: bias, ConvolutionGeometry(kernel: (3, 3), padding: 1)),
      Self.reference(x, weight, bias: bias, stride: 1, padding: (1, 1, 1, 1)), 1e-6)
  }

  @Test func oblongKernelsAndOnePixel() {
    var random = SeededGenerator(seed: 6)
    for (kh, kw) in [(1, 4), (3, 2), (2, 1)] {
      let (x, weight) = (random.tensor([2, 5, 6, 4]), random.tensor([3, kh, kw, 4]))
      expectClose(
        conv2d(x, weight, bias: nil, ConvolutionGeometry(kernel: (kh, kw), stride: 2, padding: (0, 1, 1, 0))),
        Self.reference(x, weight, bias: nil, stride: 2, padding: (0, 1, 1, 0)), 1e-6, "\(kh)×\(kw)")
    }
    let (x, weight) = (random.tensor([1, 1, 1, 7]), random.tensor([2, 3, 3, 7]))
    expectClose(
      conv2d(x, weight, bias: nil, ConvolutionGeometry(kernel: (3, 3), padding: 1)),
      Self.reference(x, weight, bias: nil, stride: 1, padding: (1, 1, 1, 1)), 1e-6)
  }

  /// Zeros around the picture wider than the kernel: patches that see no pixel at all.
  @Test func paddingBeyondTheKernel() {
    var random = SeededGenerator(seed: 7)
    let (x, weight) = (random.tensor([1, 2, 3, 2]), random.tensor([5, 3, 3, 2]))
    expectClose(
      conv2d(x, weight, bias: nil, ConvolutionGeometry(kernel: (3, 3), padding: 4)),
      Self.reference(x, weight, bias: nil, stride: 1, padding: (4, 4, 4, 4)), 1e-6)
  }

  @Test func noPictures() {
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    #expect(conv2d(.zeros([0, 4, 4, 2]), .zeros([3, 3, 3, 2]), bias: nil, geometry).shape == [0, 4, 4, 3])
  }

  /// A kernel that is larger than the padded picture has no place, whatever the stride.
  @Test func sizeOfWhatDoesNotFit() {
    for stride in 1...3 {
      let geometry = ConvolutionGeometry(kernel: (4, 4), stride: stride, padding: (0, 1, 1, 0))
      #expect(geometry.outputSize(height: 3, width: 3) == (1, 1))
      #expect(geometry.outputSize(height: 2, width: 2).height <= 0)
    }
  }
}
