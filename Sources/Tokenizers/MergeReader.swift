/// Builds a merge table from pairs of token texts.
struct MergeReader {
  private let vocabulary: Vocabulary
  private(set) var table: MergeTable
  /// The merged token; kept to allocate nothing for each merge.
  private var merged: [UInt8] = []

  init(vocabulary: Vocabulary, count: Int) {
    self.vocabulary = vocabulary
    table = MergeTable(minimumCapacity: count)
  }

  /// Adds a merge written as `left right`.
  mutating func append(_ merge: String) throws(TokenizerError) {
    merged.removeAll(keepingCapacity: true)
    merged.append(contentsOf: merge.utf8)
    guard let space = merged.firstIndex(of: 0x20) else { throw .malformedMerge(merge: merge) }
    merged.remove(at: space)
    guard !merged.contains(0x20) else { throw .malformedMerge(merge: merge) }
    try appendMerged(splitAt: space, merge)
  }

  /// Adds a merge written as `[left, right]`, whose tokens may hold spaces.
  mutating func append(_ left: String, _ right: String) throws(TokenizerError) {
    merged.removeAll(keepingCapacity: true)
    merged.append(contentsOf: left.utf8)
    merged.append(contentsOf: right.utf8)
    try appendMerged(splitAt: left.utf8.count, "\(left) \(right)")
  }

  private mutating func appendMerged(
    splitAt middle: Int, _ merge: @autoclosure () -> String
  ) throws(TokenizerError) {
    guard middle > 0, middle < merged.count else { throw .malformedMerge(merge: merge()) }
    let left = try id(0..<middle, merge())
    let right = try id(middle..<merged.count, merge())
    table.append(left, right, to: try id(0..<merged.count, merge()))
  }

  /// The id of a part of the merged token.
  private func id(_ range: Range<Int>, _ merge: @autoclosure () -> String) throws(TokenizerError) -> Int {
    let id = merged.withUnsafeBufferPointer { vocabulary.id(of: UnsafeBufferPointer(rebasing: $0[range])) }
    guard let id else {
      throw .unknownTokenInMerge(merge: merge(), token: String(decoding: merged[range], as: UTF8.self))
    }
    return id
  }
}
