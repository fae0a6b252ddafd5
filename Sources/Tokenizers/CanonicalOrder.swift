extension String {
  /// Canonically equivalent text whose combining marks are in canonical order. Foundation's normalization sorts runs of
  /// marks in quadratic time; on sorted runs it is linear.
  func inCanonicalOrder() -> String {
    var result = String.UnicodeScalarView()
    var marks: [(order: UInt8, scalar: Unicode.Scalar)] = []
    for scalar in unicodeScalars {
      for part in Self.markPairs[scalar] ?? [scalar] {
        let order = part.properties.canonicalCombiningClass.rawValue
        if order == 0 {
          Self.flush(&marks, to: &result)
          result.append(part)
        } else {
          marks.append((order, part))
        }
      }
    }
    Self.flush(&marks, to: &result)
    return String(result)
  }

  /// The characters that are no marks themselves and yet decompose into marks.
  private static let markPairs: [Unicode.Scalar: [Unicode.Scalar]] = [
    "\u{F73}": ["\u{F71}", "\u{F72}"], "\u{F75}": ["\u{F71}", "\u{F74}"], "\u{F81}": ["\u{F71}", "\u{F80}"],
  ]

  private static func flush(
    _ marks: inout [(order: UInt8, scalar: Unicode.Scalar)], to result: inout String.UnicodeScalarView
  ) {
    let ordered = marks.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
    result.append(contentsOf: ordered.lazy.map(\.element.scalar))
    marks.removeAll(keepingCapacity: true)
  }
}
