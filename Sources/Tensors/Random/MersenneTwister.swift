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
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let joined =
        (state[index] & 0x8000_0000) | (state[(index + 1) % Self.size] & 0x7fff_ffff)
      let mixed = joined & 1 == 0 ? joined >> 1 : (joined >> 1) ^ 0x9908_b0df
      state[index] = state[(index + Self.shift) % Self.size] ^ mixed
    }
    position = 0
  }
}
