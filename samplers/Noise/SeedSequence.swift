/// NumPy's `SeedSequence` (O'Neill's seed_seq_fe): mixes a seed and a place in a tree of streams into words that seed
/// generators.
struct SeedSequence {
  private var pool: [UInt32]

  init(entropy: UInt64, path: [UInt64] = [], poolSize: Int) {
    var words = Self.words(entropy)
    if !path.isEmpty {
      // Padded, so that a place in the tree is never taken for a part of the seed.
      words += [UInt32](repeating: 0, count: max(poolSize - words.count, 0)) + path.flatMap(Self.words)
    }
    var multiplier: UInt32 = 0x43b0_d7e5
    func hash(_ value: UInt32) -> UInt32 {
      var value = value ^ multiplier
      multiplier &*= 0x931e_8875
      value &*= multiplier
      return value ^ value >> 16
    }
    func mix(_ x: UInt32, _ y: UInt32) -> UInt32 {
      let result = 0xca01_f9dd &* x &- 0x4973_f715 &* y
      return result ^ result >> 16
    }
    var pool = (0..<poolSize).map { hash($0 < words.count ? words[$0] : 0) }
    for source in 0..<poolSize {
      for target in 0..<poolSize where source != target {
        pool[target] = mix(pool[target], hash(pool[source]))
      }
    }
    for word in words.dropFirst(poolSize) {
      for target in 0..<poolSize { pool[target] = mix(pool[target], hash(word)) }
    }
    self.pool = pool
  }

  /// The first `count` words, at most as many as the pool has.
  func state(_ count: Int) -> [UInt32] {
    var multiplier: UInt32 = 0x8b51_f9dd
    return pool.prefix(count).map { word in
      var value = word ^ multiplier
      multiplier &*= 0x58f3_8ded
      value &*= multiplier
      return value ^ value >> 16
    }
  }

  /// Little-endian words without leading zeros, but at least one.
  private static func words(_ value: UInt64) -> [UInt32] {
    value >> 32 == 0
      ? [UInt32(value)] : [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
  }
}
