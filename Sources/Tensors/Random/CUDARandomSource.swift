import Foundation

/// `torch.randn` on an NVIDIA GPU: Philox keyed by the seed, one counter block a sample, one offset a draw.
///
/// This is the layout while a draw has at most one sample a GPU thread (at least 65,536 on common cards), which is
/// also what the `cuda` generator of other programs emulates. A GPU's own sine and logarithm differ by a few ulp.
public struct CUDARandomSource: RandomSource, Equatable {
  private let key: SIMD2<UInt32>
  private var offset: UInt32 = 0

  public init(seed: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  public mutating func normal(_ count: Int) -> [Float] {
    defer { offset &+= 1 }
    return (0..<count).map { index in
      let words = block(at: UInt64(index))
      // In single precision, because the GPU rounds the uniforms before it takes their logarithm.
      let uniform = (0x1p-33 as Float).addingProduct(Float(words[0]), 0x1p-32)
      let angle = (BoxMuller.fullTurn * 0x1p-33).addingProduct(Float(words[1]), BoxMuller.fullTurn * 0x1p-32)
      return Float((-2 * log(Double(uniform))).squareRoot() * sin(Double(angle)))
    }
  }

  public mutating func uniform() -> Double {
    defer { offset &+= 1 }
    let words = block(at: 0)
    return Double((UInt64(words[0]) << 32 | UInt64(words[1])) >> 11) * 0x1p-53
  }

  private func block(at index: UInt64) -> SIMD4<UInt32> {
    let low = UInt32(truncatingIfNeeded: index)
    return Philox.block(counter: SIMD4(offset, 0, low, UInt32(truncatingIfNeeded: index >> 32)), key: key)
  }
}
