import Foundation

/// `torch.randn` of a CPU generator after `manual_seed`, equal in every bit to PyTorch on an x86 machine with AVX2.
///
/// PyTorch has two paths, chosen by the size of the draw; both are here, and both advance one MT19937.
public struct TorchRandomSource: RandomSource, Equatable {
  private var engine: MersenneTwister
  /// The sine half of the last small draw, kept for the next one; large draws neither use nor drop it.
  private var spare: Double?

  /// PyTorch seeds the engine with the low 32 bits only.
  public init(seed: UInt64) {
    engine = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
  }

  public mutating func normal(_ count: Int) -> [Float] {
    count < 16 ? smallDraw(count) : largeDraw(count)
  }

  public mutating func uniform() -> Double {
    let high = UInt64(engine.next())
    let low = UInt64(engine.next())
    return Double((high << 32 | low) & (1 << 53 - 1)) * 0x1p-53
  }

  /// Below 16 samples PyTorch works in double precision and keeps every second sample for later.
  private mutating func smallDraw(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      if let sample = spare {
        spare = nil
        return Float(sample)
      }
      let angle = 2 * Double.pi * uniform()
      let radius = (-2 * log1p(-uniform())).squareRoot()
      spare = radius * sin(angle)
      return Float(radius * cos(angle))
    }
  }

  /// From 16 samples on, uniforms fill the whole buffer and are transformed in blocks of 8 + 8. A remainder is not
  /// a shorter block: the last 16 samples are drawn afresh, over what stood there.
  private mutating func largeDraw(_ count: Int) -> [Float] {
    var samples = engine.uniforms(count)
    BoxMuller.transform(&samples, at: 0, blocks: count / 16)
    if count % 16 != 0 {
      for index in count - 16..<count { samples[index] = uniform24() }
      BoxMuller.transform(&samples, at: count - 16)
    }
    return samples
  }

  private mutating func uniform24() -> Float {
    Float(engine.next() & 0xff_ffff) * 0x1p-24
  }
}
