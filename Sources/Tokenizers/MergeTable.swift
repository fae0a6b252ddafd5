import HeapModule

/// The merges of a byte-pair encoding, in order of rank, and the loop that applies them.
struct MergeTable: Sendable {
  private struct Merge {
    var rank: Int32
    var id: Int32
  }

  private var merges: [UInt64: Merge] = [:]
  private var nextRank: Int32 = 0

  init(minimumCapacity: Int) { merges.reserveCapacity(minimumCapacity) }

  /// Adds the next merge in rank: a pair of ids becomes `id`.
  mutating func append(_ left: Int, _ right: Int, to id: Int) {
    merges[Self.key(Int32(left), Int32(right))] = Merge(rank: nextRank, id: Int32(id))
    nextRank += 1
  }

  /// Merges neighbours, lowest rank first and leftmost first among equals, until no merge applies.
  /// O(n log n): a queue of candidates, of which those overtaken by a neighbour's merge are dropped when they come up.
  func apply(to symbols: inout [Int32]) {
    guard symbols.count > 1 else { return }
    let count = symbols.count
    var candidates = Heap<UInt64>()
    for left in 0..<count - 1 {
      if let merge = merges[Self.key(symbols[left], symbols[left + 1])] {
        candidates.insert(Self.candidate(merge.rank, at: left))
      }
    }
    guard !candidates.isEmpty else { return }
    var next = Array(1...count)  // `count` ends the list
    var previous = Array(-1..<count - 1)
    while let candidate = candidates.popMin() {
      let left = Int(candidate & 0xFFFF_FFFF)
      let right = next[left]
      guard symbols[left] >= 0, right < count,
        let merge = merges[Self.key(symbols[left], symbols[right])], merge.rank == Int32(candidate >> 32)
      else { continue }
      symbols[left] = merge.id
      symbols[right] = -1
      let after = next[right]
      next[left] = after
      if after < count {
        previous[after] = left
        if let merge = merges[Self.key(symbols[left], symbols[after])] {
          candidates.insert(Self.candidate(merge.rank, at: left))
        }
      }
      let before = previous[left]
      if before >= 0, let merge = merges[Self.key(symbols[before], symbols[left])] {
        candidates.insert(Self.candidate(merge.rank, at: before))
      }
    }
    symbols.removeAll { $0 < 0 }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Rank above position, so that plain comparison is the order of merging.
  private static func candidate(_ rank: Int32, at position: Int) -> UInt64 {
    UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(position)
  }
}
