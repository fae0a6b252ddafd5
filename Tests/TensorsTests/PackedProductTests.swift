import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct PackedProductTests {
  /// (x·weightᵀ + bias + perImage + addend)·scale in double precision, each gate taken by its definition.
  static func reference(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, gated: Bool, _ epilogue: Epilogue
  ) -> Tensor {
    let (n, k) = (weight.shape[0], weight.shape[1])
    let (xs, ws, bs) = (x.doubles, weight.doubles, bias?.doubles)
    let (images, addends) = (epilogue.perImage?.doubles, epilogue.addend?.doubles)
    let (rows, width) = (x.count / k, gated ? n / 2 : n)
    var out: [Double] = []
    for row in 0..<rows {
      func sum(_ column: Int) -> Double {
        (0..<k).reduce(bs?[column] ?? 0) { $0 + xs[row * k + $1] * ws[column * k + $1] }
      }
      for column in 0..<width {
        var value = sum(column)
        if gated {
          let gate = sum(column + width)
          value *= gate * 0.5 * (1 + erf(gate / 2.0.squareRoot()))
        }
        value += images?[row / (rows / x.shape[0]) * width + column] ?? 0
        value += addends?[row * width + column] ?? 0
        out.append(value * Double(epilogue.scale))
      }
    }
    return Tensor(doubles: out, shape: x.shape.dropLast() + [width])
  }

  /// Sizes around the kernel's 6 rows, 16 and 64 columns and its blocks of rows, and random ones.
  @Test(arguments: Processor.available, [Precision.f32, .bf16])
  func equalsReference(_ processor: Processor, _ precision: Precision) throws {
    var random = SeededGenerator(seed: 1)
    var sizes = [(1, 1, 2), (2, 3, 1), (6, 64, 16), (7, 65, 18), (13, 63, 1030), (199, 70, 6), (5, 130, 514)]
    for _ in 0..<6 { sizes.append((random.int(1...40), random.int(1...150), random.int(1...90))) }
    for (rows, outputs, inputs) in sizes {
      let dtype: DType = precision == .f32 || inputs % 2 == 1 ? .float32 : .bfloat16
      let x = random.tensor([1, rows, inputs]).converted(to: dtype)
      let weight = random.tensor([outputs, inputs]).converted(to: dtype)
      let bias = random.tensor([outputs])
      let packed = try #require(PackedMatrix(weight, precision: precision))
      #expect(packed.dtype == dtype)
      expectClose(
        linear(x, packed, bias: bias, Epilogue(), on: processor),
        Self.reference(x, weight, bias: bias, gated: false, Epilogue()), 2e-6,
        "\(rows) × \(outputs) × \(inputs)")
    }
  }

  @Test(arguments: Processor.available, [false, true])
  func epilogues(_ processor: Processor, _ gated: Bool) throws {
    var random = SeededGenerator(seed: 2)
    let (x, weight) = (random.tensor([3, 50, 10]), random.tensor([128, 10]))
    let width = gated ? 64 : 128
    let (bias, row) = (random.tensor([128]), random.tensor([3, width]))
    let packed = try #require(PackedMatrix(weight, gated: gated))
    #expect(packed.isGated == gated)
    for epilogue in [
      Epilogue(), Epilogue(perImage: row), Epilogue(adding: random.tensor([3, 50, width]), scale: 0.3),
      Epilogue(perImage: row, adding: random.tensor([3, 50, width]), scale: -2),
    ] {
      for bias in [nil, bias] {
        let expected = Self.reference(x, weight, bias: bias, gated: gated, epilogue)
        let result = linear(x, packed, bias: bias, epilogue, on: processor)
        expectClose(result, expected, 2e-6)
        var half = epilogue
        half.output = .bfloat16
        let rounded = linear(x, packed, bias: bias, half, on: processor)
        let isEqual = rounded.bitPatterns == result.converted(to: .bfloat16).bitPatterns
        // Gates are then rougher too.
        #expect(isEqual || gated)
        expectClose(rounded.float32(), result, 4e-3)
      }
    }
  }

  /// What is added may be bf16, and then counts as what it is in fp32.
  @Test(arguments: Processor.available) func addendsInBF16(_ processor: Processor) throws {
    var random = SeededGenerator(seed: 6)
    for outputs in [20, 64, 70] {
      let (x, addend) = (random.tensor([9, 10]), random.tensor([9, outputs]).converted(to: .bfloat16))
      let packed = try #require(PackedMatrix(random.tensor([outputs, 10])))
      #expect(
        linear(x, packed, bias: nil, Epilogue(adding: addend), on: processor).bitPatterns
          == linear(x, packed, bias: nil, Epilogue(adding: addend.float32()), on: processor).bitPatterns)
    }
  }

  /// However the rows are cut; BLAS, the path of other processors, promises it for equal cuts only.
  @Test(arguments: Processor.available.filter { $0 != .generic }, [Precision.f32, .bf16])
  func sumsDoNotDependOnTheCut(_ processor: Processor, _ precision: Precision) throws {
    var random = SeededGenerator(seed: 3)
    let (x, weight) = (random.tensor([401, 600]), random.tensor([200, 600]))
    let packed = try #require(PackedMatrix(weight, precision: precision))
    func product(_ x: Tensor) -> Tensor { linear(x, packed, bias: nil, Epilogue(), on: processor) }
    let whole = product(x)
    #expect(product(x).bitPatterns == whole.bitPatterns)
    for range in [0..<1, 3..<200, 200..<401] {
      #expect(product(x[range]).bitPatterns == whole[range].bitPatterns)
    }
  }

  @Test func nothingToMultiply() throws {
    let packed = try #require(PackedMatrix(Tensor.zeros([3, 2])))
    #expect(linear(Tensor.zeros([0, 2]), packed).shape == [0, 3])
  }
}

extension PackedProductTests {
  /// Bytes give every processor the same sums, and an error of their own.
  @Test(arguments: [false, true]) func bytes(_ gated: Bool) throws {
    var random = SeededGenerator(seed: 4)
    for (rows, outputs, inputs) in [(1, 64, 64), (50, 192, 320), (7, 128, 68)] {
      let (x, weight) = (random.tensor([1, rows, inputs]), random.tensor([outputs, inputs]))
      let bias = random.tensor([outputs])
      let packed = try #require(PackedMatrix(weight, precision: .int8, gated: gated))
      #expect(packed.dtype == .int8 && packed.byteCount == weight.count)
      expectClose(packed.unpacked(), weight, 0.5 / 127)
      let expected = Self.reference(x, weight, bias: bias, gated: gated, Epilogue())
      let result = linear(x, packed, bias: bias, Epilogue(), on: .best)
      let squares = zip(result.doubles, expected.doubles).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(squares < 1e-4 * expected.doubles.reduce(0) { $0 + $1 * $1 })
      for processor in Processor.available {
        expectClose(linear(x, packed, bias: bias, Epilogue(), on: processor), result, 1e-6, "\(processor)")
      }
    }
  }

  /// A row that holds no number gives none; the others are as they were.
  @Test func bytesOfNoNumbers() throws {
    var x = Tensor(repeating: 1, shape: [3, 64])
    x.withMutableFloats { $0[70] = .nan }
    let packed = try #require(PackedMatrix(Tensor(repeating: 1, shape: [64, 64]), precision: .int8))
    let result = linear(x, packed).floats
    #expect(result[64..<128].allSatisfy(\.isNaN) && !result[128...].contains(where: \.isNaN))
  }

  /// What is small, or no whole number of four inputs, is left in bf16.
  @Test func smallLayersAreNoBytes() throws {
    for (outputs, inputs) in [(32, 640), (640, 32), (640, 322)] {
      let packed = try #require(PackedMatrix(Tensor.zeros([outputs, inputs]), precision: .int8))
      #expect(packed.dtype == .bfloat16)
    }
  }
}
