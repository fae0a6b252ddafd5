import Foundation

/// What happens to a text before it is cut into pieces.
enum Normalizer: Sendable, Equatable {
  case nfc
  case nfd
  case lowercase
  /// Each run of white space becomes the text.
  case replaceSpaces(with: String)
  case replace(String, with: String)
  case prepend(String)
  case strip(left: Bool, right: Bool)
  case sequence([Normalizer])

  func callAsFunction(_ text: String) -> String {
    switch self {
    // Text below U+0300 composes no further, and most text is such.
    case .nfc: text.unicodeScalars.allSatisfy { $0.value < 0x300 } ? text : Self.composed(text)
    case .nfd: text.inCanonicalOrder().decomposedStringWithCanonicalMapping
    case .lowercase: Self.lowercase(text)
    case .replaceSpaces(let replacement): Self.replaceSpaces(in: text, with: replacement)
    case .replace(let target, let replacement): Self.replace(target, with: replacement, in: text)
    case .prepend(let prefix): text.isEmpty ? text : prefix + text
    case .strip(let left, let right): Self.strip(text, left: left, right: right)
    case .sequence(let normalizers): normalizers.reduce(text) { $1($0) }
    }
  }

  private static func composed(_ text: String) -> String {
    text.inCanonicalOrder().precomposedStringWithCanonicalMapping
  }

  /// Character by character: `String.lowercased()` minds the context of a final sigma, the reference does not.
  private static func lowercase(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
    }
    return String(result)
  }

  private static func replaceSpaces(in text: String, with replacement: String) -> String {
    var result = String.UnicodeScalarView()
    var inSpace = false
    for scalar in text.unicodeScalars {
      let isSpace = scalar.properties.isWhitespace
      if !isSpace {
        result.append(scalar)
      } else if !inSpace {
        result.append(contentsOf: replacement.unicodeScalars)
      }
      inSpace = isSpace
    }
    return String(result)
  }

  private static func replace(_ target: String, with replacement: String, in text: String) -> String {
    let scalars = ClassifiedText(text.unicodeScalars)
    let pattern = SplitPattern.literal(Array(target.unicodeScalars))
    var result = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      if let end = pattern.endOfMatch(in: scalars, at: index, limit: scalars.count) {
        result.append(contentsOf: replacement.unicodeScalars)
        index = end
      } else {
        result.append(scalars.scalars[index])
        index += 1
      }
    }
    return String(result)
  }

  private static func strip(_ text: String, left: Bool, right: Bool) -> String {
    var scalars = text.unicodeScalars[...]
    if left { scalars = scalars.drop { $0.properties.isWhitespace } }
    while right, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars))
  }
}
