/// Builds a merge table from pairs of token texts.
struct MergeReader {
  private let vocabulary: Vocabulary
  private(set) var table: MergeTable

  init(vocabulary: Vocabulary, count: Int) {
    self.vocabulary = vocabulary
    table = MergeTable(minimumCapacity: count)
  }

  /// Adds a merge written as `left right`.
  mutating func append(_ merge: String) throws(TokenizerError) {
    let bytes = Array(merge.utf8)
    guard let space = bytes.firstIndex(of: 0x20), !bytes[(space + 1)...].contains(0x20) else {
      throw .malformedMerge(merge: merge)
    }
    try append(Array(bytes[..<space]), Array(bytes[(space + 1)...]))
  }

  /// Adds a merge written as `[left, right]`, whose tokens may hold spaces.
  mutating func append(_ left: String, _ right: String) throws(TokenizerError) {
    try append(Array(left.utf8), Array(right.utf8))
  }

  private mutating func append(_ left: [UInt8], _ right: [UInt8]) throws(TokenizerError) {
    guard !left.isEmpty, !right.isEmpty else { throw .malformedMerge(merge: text(left, right)) }
    table.append(try id(left, left, right), try id(right, left, right), to: try id(left + right, left, right))
  }

  private func id(_ token: [UInt8], _ left: [UInt8], _ right: [UInt8]) throws(TokenizerError) -> Int {
    guard let id = vocabulary.id(of: token) else {
      throw .unknownTokenInMerge(merge: text(left, right), token: String(decoding: token, as: UTF8.self))
    }
    return id
  }

  private func text(_ left: [UInt8], _ right: [UInt8]) -> String {
    String(decoding: left + [0x20] + right, as: UTF8.self)
  }
}
