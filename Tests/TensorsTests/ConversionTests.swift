import TestSupport
import Testing

@testable import Tensors

@Suite struct ConversionTests {
  static func halves(_ bits: [UInt16], _ dtype: DType) -> Tensor {
    let storage = Storage(byteCount: bits.count * 2)
    storage.base.copyMemory(from: bits, byteCount: bits.count * 2)
    return Tensor(storage: storage, byteOffset: 0, shape: [bits.count], dtype: dtype)
  }

  static func bits(_ tensor: Tensor) -> [UInt16] {
    tensor.withBytes { Array($0.bindMemory(to: UInt16.self)) }
  }

  /// The value that an IEEE-like number of 16 bits has.
  static func value(_ bits: UInt16, exponentBits: Int) -> Float {
    let mantissaBits = 15 - exponentBits
    let bias = (1 << (exponentBits - 1)) - 1
    let exponent = Int(bits & 0x7fff) >> mantissaBits
    let mantissa = Int(bits) & ((1 << mantissaBits) - 1)
    let sign: Double = bits >> 15 == 1 ? -1 : 1
    if exponent == (1 << exponentBits) - 1 { return mantissa == 0 ? Float(sign) * .infinity : .nan }
    let significand = Double(mantissa) + (exponent == 0 ? 0 : Double(1 << mantissaBits))
    return Float(
      Double(sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: significand) * sign)
  }

  /// All 65,536 numbers, and back again.
  @Test(arguments: [(DType.float16, 5), (.bfloat16, 8)]) func decodesEveryNumber(
    _ dtype: DType, _ exponentBits: Int
  ) {
    let all = (0...UInt16.max).map { $0 }
    let decoded = Self.halves(all, dtype).float32()
    let expected = all.map { Self.value($0, exponentBits: exponentBits) }
    #expect(
      zip(decoded.floats, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN })
    let encoded = Self.bits(decoded.converted(to: dtype))
    for (bits, result) in zip(all, encoded) where bits != result {
      let bothNaN = expected[Int(bits)].isNaN && Self.value(result, exponentBits: exponentBits).isNaN
      #expect(bothNaN, "\(bits)")
    }
  }

  /// Numbers on, just below and just above the middle between neighbours: ties go to the even one.
  @Test(arguments: [(DType.float16, 5), (.bfloat16, 8)]) func roundsToNearestEven(
    _ dtype: DType, _ exponentBits: Int
  ) {
    var (inputs, expected): ([Float], [UInt16]) = ([], [])
    let infinity = UInt16(((1 << exponentBits) - 1) << (15 - exponentBits))
    for bits in 0..<infinity {
      let low = Self.value(bits, exponentBits: exponentBits)
      // The number that would follow the largest one is where rounding turns to infinity.
      let step = low - Self.value(max(bits, 1) - 1, exponentBits: exponentBits)
      let high =
        bits + 1 == infinity
        ? Double(low) + Double(step) : Double(Self.value(bits + 1, exponentBits: exponentBits))
      let middle = Float((Double(low) + high) / 2)
      guard middle.isFinite, Double(middle) * 2 == Double(low) + high else { continue }
      inputs += [middle, middle.nextDown, middle.nextUp, -middle]
      let even = bits % 2 == 0 ? bits : bits + 1
      expected += [even, bits, bits + 1, even | 0x8000]
    }
    let result = Self.bits(Tensor(inputs, shape: [inputs.count]).converted(to: dtype))
    let wrong = zip(result, expected).enumerated().first { $1.0 != $1.1 }
    #expect(wrong == nil, "\(inputs[wrong?.offset ?? 0])")
    #expect(inputs.count > 120_000)
  }

  @Test func overflowAndUnderflow() {
    let inputs = Tensor([65519.996, 65520, -1e30, 2.9802322e-8, 2.9802326e-8, .infinity], shape: [6])
    #expect(Self.bits(inputs.converted(to: .float16)) == [0x7bff, 0x7c00, 0xfc00, 0, 1, 0x7c00])
    let large = Tensor([.greatestFiniteMagnitude, -.infinity, .leastNonzeroMagnitude], shape: [3])
    #expect(Self.bits(large.converted(to: .bfloat16)) == [0x7f80, 0xff80, 0])
  }

  @Test func integersAndDoubles() {
    func tensor<T>(_ values: [T], _ dtype: DType) -> Tensor {
      let bytes = values.count * MemoryLayout<T>.stride
      let storage = Storage(byteCount: bytes + 1)
      // At an odd address: files align nothing.
      (storage.base + 1).copyMemory(from: values, byteCount: bytes)
      return Tensor(storage: storage, byteOffset: 1, shape: [values.count], dtype: dtype)
    }
    #expect(tensor([Int64.min, -1, 1 << 40], .int64).floats == [-0x1p63, -1, 0x1p40])
    #expect(tensor([Int32.min, 16_777_217], .int32).floats == [-0x1p31, 16_777_216])
    #expect(tensor([Int16.min, 7], .int16).floats == [-32768, 7])
    #expect(tensor([Int8.min, 127], .int8).floats == [-128, 127])
    #expect(tensor([UInt8(255), 0], .uint8).floats == [255, 0])
    #expect(tensor([true, false], .bool).floats == [1, 0])
    #expect(tensor([1e300, 0.1, -0.0], .float64).floats == [.infinity, 0.1, 0])
  }

  @Test func emptyAndScalar() {
    #expect(Tensor.zeros([3, 0]).converted(to: .float16).float32().shape == [3, 0])
    #expect(Tensor([2.5], shape: []).converted(to: .bfloat16).floats == [2.5])
  }

  @Test func finiteness() {
    for count in [1, 15, 64, 1001] {
      #expect(Tensor(repeating: -.greatestFiniteMagnitude, shape: [count]).isFinite)
      for bad in [Float.nan, .infinity, -.infinity] {
        for position in [0, count / 2, count - 1] {
          var x = Tensor.zeros([count])
          x.withMutableFloats { $0[position] = bad }
          #expect(!x.isFinite)
        }
      }
    }
    #expect(Tensor.zeros([0]).isFinite)
  }
}
