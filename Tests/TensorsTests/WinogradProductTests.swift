import TestSupport
import Testing

@testable import Tensors

@Suite struct WinogradProductTests {
  static func convolution(
    _ weight: Tensor, padding: ConvolutionTests.Padding, _ precision: Precision = .f32
  ) throws -> PackedConvolution {
    try #require(
      PackedConvolution(
        weight, ConvolutionGeometry(kernel: (3, 3), padding: padding), precision: precision,
        plan: .winograd))
  }

  @Test(arguments: Processor.available) func equalsReference(_ processor: Processor) throws {
    var random = SeededGenerator(seed: 1)
    for round in 0..<10 {
      let padding = (random.int(0...1), random.int(0...1), random.int(0...1), random.int(0...1))
      let weight = random.tensor([16 * random.int(1...6), 16 * random.int(1...2), 3, 3])
      let x = random.tensor([random.int(1...3), random.int(3...13), random.int(3...13), weight.shape[1]])
      let bias = round % 3 == 0 ? nil : random.tensor([weight.shape[0]])
      let convolution = try Self.convolution(weight, padding: padding)
      var expected = ConvolutionTests.reference(
        x, weight.swapping(1..<2, 2..<4), bias: bias, stride: 1, padding: padding)
      var epilogue = Epilogue()
      if round % 2 == 0 {
        epilogue = Epilogue(
          perImage: random.tensor([x.shape[0], weight.shape[0]]), adding: random.tensor(expected.shape),
          scale: 0.7)
        expected = 0.7 * (expected.addingPerImage(epilogue.perImage!) + epilogue.addend!)
      }
      let result = convolution(x, bias: bias, epilogue, on: processor)
      expectClose(result, expected, 2e-6, "\(x.shape), \(weight.shape), padding \(padding)")
      if let addend = epilogue.addend {
        let half = addend.converted(to: .bfloat16)
        epilogue.addend = half
        let rounded = convolution(x, bias: bias, epilogue, on: processor)
        epilogue.addend = half.float32()
        #expect(rounded.bitPatterns == convolution(x, bias: bias, epilogue, on: processor).bitPatterns)
        epilogue.addend = addend
      }
      epilogue.output = .bfloat16
      #expect(
        convolution(x, bias: bias, epilogue, on: processor).bitPatterns
          == result.converted(to: .bfloat16).bitPatterns)
    }
  }

  /// More inputs than are multiplied at once; rounding grows with the root of their number.
  @Test(arguments: Processor.available) func manyInputs(_ processor: Processor) throws {
    var random = SeededGenerator(seed: 6)
    for inputs in [208, 400] {
      let (weight, x) = (random.tensor([80, inputs, 3, 3]), random.tensor([1, 6, 9, inputs]))
      let expected = ConvolutionTests.reference(
        x, weight.swapping(1..<2, 2..<4), bias: nil, stride: 1, padding: (1, 1, 1, 1))
      for (precision, tolerance) in [(Precision.f32, 8e-6), (.bf16, 3e-2)] as [(Precision, Float)] {
        let convolution = try Self.convolution(weight, padding: (1, 1, 1, 1), precision)
        expectClose(convolution(x, bias: nil, Epilogue(), on: processor), expected, tolerance, "\(precision)")
      }
    }
  }

  /// Kernels of fp16 files are kept as they are; numbers beyond fp16's range are kept too, and those that it would round.
  @Test(arguments: [Precision.f32, .bf16]) func storedKernels(_ precision: Precision) throws {
    var random = SeededGenerator(seed: 7)
    let (weight, x) = (
      random.tensor([16, 32, 3, 3]).converted(to: .float16), random.tensor([1, 8, 8, 32])
    )
    func result(_ weight: Tensor) throws -> [Float] {
      try Self.convolution(weight, padding: (1, 1, 1, 1), precision)(x, bias: nil).floats
    }
    #expect(try result(weight) == result(weight.float32()))
    for scale in [1_048_576, 1 / 1_048_576] as [Float] {
      #expect(try result(scale * weight.float32()) == result(weight).map { scale * $0 })
    }
    #expect(
      PackedConvolution(
        Tensor(repeating: .nan, shape: [16, 16, 3, 3]), ConvolutionGeometry(kernel: (3, 3)),
        precision: precision, plan: .winograd) == nil)
  }

  /// A picture seen at twice its size is the picture resized.
  @Test(arguments: [ConvolutionPlan.direct, .winograd], [Precision.f32, .bf16])
  func doubled(_ plan: ConvolutionPlan, _ precision: Precision) throws {
    var random = SeededGenerator(seed: 2)
    let (weight, x) = (random.tensor([32, 16, 3, 3]), random.tensor([2, 5, 7, 16]))
    let convolution = try #require(
      PackedConvolution(
        weight, ConvolutionGeometry(kernel: (3, 3), padding: 1), precision: precision,
        plan: plan))
    #expect(
      convolution(x, bias: nil, doubled: true).bitPatterns
        == convolution(x.resizedNearest(height: 10, width: 14), bias: nil).bitPatterns)
  }

  /// What rounding to bf16 costs: about a percent.
  @Test func bf16() throws {
    var random = SeededGenerator(seed: 3)
    let (weight, x) = (random.tensor([32, 64, 3, 3]), random.tensor([1, 16, 16, 64]))
    let expected = ConvolutionTests.reference(
      x, weight.swapping(1..<2, 2..<4), bias: nil, stride: 1, padding: (1, 1, 1, 1)
    ).doubles
    for processor in Processor.available {
      let result = try Self.convolution(weight, padding: (1, 1, 1, 1), .bf16)(
        x, bias: nil, Epilogue(), on: processor
      ).doubles
      let squares = zip(result, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(squares <= 0.014 * 0.014 * expected.reduce(0) { $0 + $1 * $1 }, "\(processor)")
    }
  }

  /// More tiles than a block holds.
  @Test func manyBlocks() throws {
    var random = SeededGenerator(seed: 4)
    let (weight, x) = (random.tensor([16, 16, 3, 3]), random.tensor([1, 260, 250, 16]))
    let padding = (1, 1, 1, 1)
    let large = try Self.convolution(weight, padding: padding)(x, bias: nil)
    let direct = try #require(
      PackedConvolution(
        weight, ConvolutionGeometry(kernel: (3, 3), padding: padding), precision: .f32, plan: .direct))
    expectClose(large, direct(x, bias: nil), 2e-6)
    #expect(try Self.convolution(weight, padding: padding)(x, bias: nil).bitPatterns == large.bitPatterns)
  }

  @Test func plans() {
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    func plan(_ inputs: Int, _ outputs: Int, _ pixels: Int, _ precision: Precision = .f32) -> ConvolutionPlan
    {
      ConvolutionPlan(inputs: inputs, outputs: outputs, geometry, precision, pixels: pixels)
    }
    #expect(plan(320, 320, 8192) == .winograd)
    #expect(plan(320, 320, 8192, .bf16) == .winograd)
    #expect(plan(1280, 1280, 128, .bf16) == .winograd)
    #expect(plan(1280, 1280, 32, .bf16) == .direct)
    #expect(plan(320, 4, 8192) == .direct)
    #expect(plan(20, 320, 8192) == .direct)
    #expect(plan(320, 320, 0) == .direct)
    let strided = ConvolutionGeometry(kernel: (3, 3), stride: 2, padding: 1)
    #expect(ConvolutionPlan(inputs: 320, outputs: 320, strided, .f32, pixels: 8192) == .direct)
  }
}
