/// MT19937 (Matsumoto and Nishimura, 1998), seeded by a single 32-bit word.
struct MersenneTwister: Sendable, Equatable {
  private static let size = 624
  private static let shift = 397

  private var state: [UInt32]
  private var position = MersenneTwister.size

  init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: Self.size)
    for index in 1..<Self.size {
      let last = state[index - 1]
      state[index] = 1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index)
    }
  }

  /// The next tempered 32-bit word.
  mutating func next() -> UInt32 {
    if position == Self.size { twist() }
    defer { position += 1 }
    return Self.tempered(state[position])
  }

  /// The next words as `count` samples of the uniform distribution on [0, 1) with 24 random bits.
  mutating func uniforms(_ count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { samples, filled in
      while filled < count {
        if position == Self.size { twist() }
        let chunk = min(Self.size - position, count - filled)
        state.withUnsafeBufferPointer { state in
          for index in 0..<chunk {
            samples[filled + index] =
              Float(Self.tempered(state[position + index]) & 0xff_ffff) * 0x1p-24
          }
        }
        position += chunk
        filled += chunk
      }
    }
  }

  @inline(__always)
  private static func tempered(_ word: UInt32) -> UInt32 {
    var word = word
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  private mutating func twist() {
    state.withUnsafeMutableBufferPointer { state in
      @inline(__always)
      func advance(_ index: Int, next: Int, far: Int) {
        let joined = (state[index] & 0x8000_0000) | (state[next] & 0x7fff_ffff)
        state[index] = state[far] ^ (joined >> 1) ^ (0 &- (joined & 1)) & 0x9908_b0df
      }
      let (size, shift) = (Self.size, Self.shift)
      for index in 0..<size - shift { advance(index, next: index + 1, far: index + shift) }
      for index in size - shift..<size - 1 { advance(index, next: index + 1, far: index + shift - size) }
      advance(size - 1, next: 0, far: shift - 1)
    }
    position = 0
  }
}
