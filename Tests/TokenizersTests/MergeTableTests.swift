import Testing

@testable import Tokenizers

@Suite struct MergeTableTests {
  @Test func equalsMergingOneRankAtATime() {
    var state: UInt32 = 3
    func random(_ bound: Int) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 16) % bound
    }
    for _ in 0..<300 {
      var table = MergeTable(minimumCapacity: 8)
      var merges: [(Int32, Int32, Int32)] = []
      for id in 3..<11 where random(2) == 0 || id < 6 {
        let (left, right) = (random(id), random(id))
        if merges.contains(where: { $0.0 == left && $0.1 == right }) { continue }
        merges.append((Int32(left), Int32(right), Int32(id)))
        table.append(left, right, to: id)
      }
      let symbols = (0..<random(40)).map { _ in Int32(random(3)) }
      var merged = symbols
      table.apply(to: &merged)
      #expect(merged == naive(symbols, merges))
    }
  }

  /// The definition: merge the leftmost pair of the lowest rank, again and again.
  private func naive(_ symbols: [Int32], _ merges: [(Int32, Int32, Int32)]) -> [Int32] {
    var symbols = symbols
    while true {
      let found = merges.lazy.compactMap { merge in
        zip(symbols, symbols.dropFirst()).enumerated().first { $1 == (merge.0, merge.1) }.map {
          ($0.offset, merge.2)
        }
      }.first
      guard let (position, id) = found else { return symbols }
      symbols.replaceSubrange(position...position + 1, with: [id])
    }
  }
}
