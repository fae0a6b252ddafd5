import TestSupport
import Testing

@testable import Tensors

@Suite struct PackedConvolutionTests {
  @Test(arguments: Processor.available, [Precision.f32, .bf16])
  func equalsReference(_ processor: Processor, _ precision: Precision) throws {
    var random = SeededGenerator(seed: 1)
    for round in 0..<24 {
      let kernel = [1, 3, 3, 2][round % 4]
      let stride = random.int(1...2)
      let padding = (random.int(0...2), random.int(0...2), random.int(0...2), random.int(0...2))
      let channels = [random.int(1...9), random.int(16...40)][round / 4 % 2]
      let geometry = ConvolutionGeometry(kernel: (kernel, kernel), stride: stride, padding: padding)
      let weight = random.tensor([random.int(1...70), channels, kernel, kernel])
      let convolution = try #require(PackedConvolution(weight, geometry, precision: precision))
      let rounded = weight.converted(to: convolution.dtype).float32()
      let x = random.tensor([random.int(1...2), random.int(kernel...13), random.int(kernel...13), channels])
        .converted(to: convolution.dtype)
      let bias = round % 3 == 0 ? nil : random.tensor([weight.shape[0]])
      let expected = ConvolutionTests.reference(
        x, rounded.swapping(1..<2, 2..<4), bias: bias, stride: stride, padding: padding)
      let addend = round % 5 == 0 ? random.tensor(expected.shape) : nil
      expectClose(
        convolution(x, bias: bias, Epilogue(adding: addend), on: processor),
        addend.map { expected + $0 } ?? expected, 2e-6, "\(x.shape), \(weight.shape), stride \(stride)")
    }
  }

  /// Few inputs are never rounded: the first layer of a network.
  @Test func fewChannelsStayExact() throws {
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    let convolution = try #require(
      PackedConvolution(Tensor.zeros([8, 4, 3, 3]), geometry, precision: .bf16))
    #expect(convolution.dtype == .float32)
  }

  @Test func refusesWhatIsNotFinite() {
    let geometry = ConvolutionGeometry(kernel: (3, 3))
    for channels in [2, 20] {
      #expect(PackedConvolution(Tensor(repeating: .nan, shape: [3, channels, 3, 3]), geometry) == nil)
    }
  }
}
