/// Cuts a text into the pieces within which tokens may merge.
struct PreTokenizer: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    /// Matches and what lies between them become pieces; `keeping` leaves one of the two out.
    case split(SplitPattern, keeping: Kept)
    /// A space is put before each piece that does not start with one.
    case prefixSpace
    /// Spaces are written as SentencePiece does.
    case spacing(SentencePieceSpacing)
    /// A new piece starts at each such character.
    case splitBefore(Unicode.Scalar)
  }

  enum Kept: Sendable, Equatable {
    case everything
    case matches
    case gaps
  }

  var steps: [Step]

  /// The text, which steps may have changed, and its pieces.
  /// - Parameter startsText: whether it is the start of all that is encoded, or follows an added token.
  func pieces(of text: ClassifiedText, startsText: Bool = true) -> (
    text: ClassifiedText, ranges: [Range<Int>]
  ) {
    var text = text
    var ranges = text.count == 0 ? [] : [0..<text.count]
    for step in steps {
      switch step {
      case .split(let pattern, let kept):
        ranges = ranges.flatMap { Self.split(text, $0, by: pattern, keeping: kept) }
      case .prefixSpace: Self.prefixSpace(&text, &ranges)
      case .spacing(let spacing): Self.apply(spacing, startsText, &text, &ranges)
      case .splitBefore(let scalar): ranges = ranges.flatMap { Self.split(text, $0, before: scalar) }
      }
    }
    return (text, ranges)
  }

  private static func split(
    _ text: ClassifiedText, _ range: Range<Int>, by pattern: SplitPattern, keeping kept: Kept
  ) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var gap = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      guard let end = pattern.endOfMatch(in: text, at: index, limit: range.upperBound) else {
        index += 1
        continue
      }
      if gap < index, kept != .matches { pieces.append(gap..<index) }
      if kept != .gaps { pieces.append(index..<end) }
      index = end
      gap = end
    }
    if gap < index, kept != .matches { pieces.append(gap..<index) }
    return pieces
  }

  private static func apply(
    _ spacing: SentencePieceSpacing, _ startsText: Bool, _ text: inout ClassifiedText,
    _ ranges: inout [Range<Int>]
  ) {
    var spaced: [Unicode.Scalar] = []
    ranges = ranges.enumerated().map { index, range in
      let start = spaced.count
      spaced += spacing(text.scalars[range], startsText: startsText && index == 0)
      return start..<spaced.count
    }.filter { !$0.isEmpty }
    text = ClassifiedText(spaced)
  }

  private static func split(
    _ text: ClassifiedText, _ range: Range<Int>, before scalar: Unicode.Scalar
  ) -> [Range<Int>] {
    let starts = range.filter { $0 == range.lowerBound || text.scalars[$0] == scalar }
    return zip(starts, starts.dropFirst() + [range.upperBound]).map { $0..<$1 }
  }

  private static func prefixSpace(_ text: inout ClassifiedText, _ ranges: inout [Range<Int>]) {
    var spaced = ClassifiedText([])
    ranges = ranges.map { range in
      let start = spaced.count
      if text.scalars[range.lowerBound] != " " { spaced.append(" ") }
      spaced.append(text, range)
      return start..<spaced.count
    }
    text = spaced
  }
}
