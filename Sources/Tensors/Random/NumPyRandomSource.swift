import Foundation

/// `numpy.random.RandomState(seed).standard_normal(count)` as float32: MT19937 with Marsaglia's polar method.
public struct NumPyRandomSource: RandomSource, Equatable {
  private var engine: MersenneTwister
  private var spare: Double?

  /// NumPy rejects seeds of more than 32 bits; the low 32 bits are taken here.
  public init(seed: UInt64) {
    engine = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
  }

  public mutating func normal(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(gaussian()) }
  }

  public mutating func uniform() -> Double {
    let high = Double(engine.next() >> 5)
    let low = Double(engine.next() >> 6)
    return (high * 0x1p26 + low) * 0x1p-53
  }

  private mutating func gaussian() -> Double {
    if let sample = spare {
      spare = nil
      return sample
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      if square < 1, square != 0 {
        let scale = (-2 * log(square) / square).squareRoot()
        spare = scale * x
        return scale * y
      }
    }
  }
}
