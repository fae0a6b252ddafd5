/// Finds added tokens in a text: leftmost first, the longest of those that start together.
struct AddedTokenMatcher: Sendable {
  enum Part: Equatable {
    case text(Range<Int>)
    case token(Int)
  }

  /// Sorted by their UTF-8, so that the tokens sharing a prefix are neighbours.
  private var entries: [(utf8: [UInt8], token: AddedToken)]
  /// The range of `entries` for each first byte.
  private var buckets: [Range<Int>]

  /// - Parameter normalizer: applied to the tokens too.
  init(_ tokens: [AddedToken], normalizer: Normalizer? = nil) {
    entries = tokens.map { (Array((normalizer?($0.content) ?? $0.content).utf8), $0) }
      .filter { !$0.utf8.isEmpty }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    buckets = Array(repeating: 0..<0, count: 256)
    for (index, entry) in entries.enumerated() {
      let first = Int(entry.utf8[0])
      buckets[first] = (buckets[first].isEmpty ? index : buckets[first].lowerBound)..<index + 1
    }
  }

  /// Cuts a text, given as UTF-8, into added tokens and what lies between.
  func split(_ text: [UInt8], parsesSpecial: Bool) -> [Part] {
    var parts: [Part] = []
    var done = 0
    var index = 0
    while index < text.count, !entries.isEmpty {
      guard let (end, token) = longestMatch(in: text, at: index) else {
        index += 1
        continue
      }
      let start = index
      index = end  // a match that is turned down is passed over whole
      if token.isSpecial && !parsesSpecial { continue }
      if token.isSingleWord && (Self.endsInWord(text[..<start]) || Self.startsWithWord(text[end...])) {
        continue
      }
      let left = token.stripsLeft ? max(done, start - Self.trailingSpace(text[..<start])) : start
      let right = token.stripsRight ? end + Self.leadingSpace(text[end...]) : end
      if done < left { parts.append(.text(done..<left)) }
      parts.append(.token(token.id))
      done = max(done, right)
      index = max(index, done)
    }
    if done < text.count { parts.append(.text(done..<text.count)) }
    return parts
  }

  private func longestMatch(in text: [UInt8], at start: Int) -> (end: Int, token: AddedToken)? {
    var candidates = buckets[Int(text[start])]
    var found: (end: Int, token: AddedToken)?
    var end = start + 1
    while !candidates.isEmpty {
      while let first = candidates.first, entries[first].utf8.count == end - start {
        found = (end, entries[first].token)
        candidates = candidates.dropFirst()
      }
      guard end < text.count else { break }
      let byte = text[end]
      let depth = end - start
      let lower = candidates.partitioningIndex { entries[$0].utf8[depth] >= byte }
      let upper = (lower..<candidates.upperBound).partitioningIndex { entries[$0].utf8[depth] > byte }
      candidates = lower..<upper
      end += 1
    }
    return found
  }

  private static func endsInWord(_ text: ArraySlice<UInt8>) -> Bool {
    String(decoding: text.suffix(4), as: UTF8.self).unicodeScalars.last.map(isWord) ?? false
  }

  private static func startsWithWord(_ text: ArraySlice<UInt8>) -> Bool {
    String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first.map(isWord) ?? false
  }

  /// `\w`
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  /// The number of bytes of white space at the start.
  private static func leadingSpace(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text
    while let scalar = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first,
      scalar.properties.isWhitespace
    {
      rest = rest.dropFirst(UTF8.width(scalar))
    }
    return text.count - rest.count
  }

  private static func trailingSpace(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text
    while let scalar = String(decoding: rest.suffix(4), as: UTF8.self).unicodeScalars.last,
      scalar.properties.isWhitespace
    {
      rest = rest.dropLast(UTF8.width(scalar))
    }
    return text.count - rest.count
  }
}

extension Range<Int> {
  /// The first index for which the predicate holds, if it holds for all that follow.
  fileprivate func partitioningIndex(where predicate: (Int) -> Bool) -> Int {
    var (low, high) = (lowerBound, upperBound)
    while low < high {
      let middle = (low + high) / 2
      if predicate(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
