import Tensors

/// Reproducible random numbers for tests: SplitMix64 (Steele et al. 2014).
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  public mutating func int(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

  /// Uniform values.
  public mutating func tensor(_ shape: [Int], in range: ClosedRange<Float> = -1...1) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in .random(in: range, using: &self) }, shape: shape)
  }

  /// Blocks of random bits whose leading `scales` fp16 numbers are of ordinary size (2⁻⁷…2⁻⁵).
  public mutating func blocks(_ type: DType, scales: Int, rows: Int, columns: Int) -> Tensor {
    let storage = Storage(byteCount: rows * columns / type.blockSize * type.blockBytes)
    for block in 0..<rows * columns / type.blockSize {
      let bytes = storage.base + block * type.blockBytes
      for i in 0..<type.blockBytes {
        let isUpperHalf = i < 2 * scales && i % 2 == 1
        bytes.storeBytes(
          of: .random(in: isUpperHalf ? 0x20...0x27 : 0...255, using: &self), toByteOffset: i, as: UInt8.self)
      }
    }
    return Tensor(storage: storage, byteOffset: 0, shape: [rows, columns], dtype: type)
  }
}

extension Tensor {
  /// A result that a test computed in double precision.
  public init(doubles values: [Double], shape: [Int]) { self.init(values.map { Float($0) }, shape: shape) }

  /// The elements, for arithmetic in double precision.
  public var doubles: [Double] { floats.map(Double.init) }

  /// What tells two results apart to the last bit.
  public var bitPatterns: [UInt32] { floats.map(\.bitPattern) }
}
