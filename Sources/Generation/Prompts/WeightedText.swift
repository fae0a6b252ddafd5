import Foundation

/// A stretch of a prompt and how much it counts, as AUTOMATIC1111's web UI reads it (`parse_prompt_attention`): round
/// brackets multiply by 1.1 or by the number after a colon, square ones divide by 1.1, a backslash takes a bracket's
/// meaning away, and `BREAK` begins a new chunk.
struct WeightedText: Equatable {
  var text: String
  var weight: Double

  /// What `BREAK` is: no weight of text is negative unless it was asked for.
  static let chunkBreak = WeightedText(text: "BREAK", weight: -1)

  static func parse(_ prompt: String) -> [WeightedText] {
    var parser = Parser(Array(prompt.unicodeScalars))
    return parser.parse()
  }

  private struct Parser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var result: [WeightedText] = []
    /// Where each open bracket's contents begin in the result.
    private var rounds: [Int] = []
    private var squares: [Int] = []

    init(_ text: [Unicode.Scalar]) { self.text = text }

    mutating func parse() -> [WeightedText] {
      while position < text.count { step() }
      for start in rounds { multiply(from: start, by: 1.1) }
      for start in squares { multiply(from: start, by: 1 / 1.1) }
      if result.isEmpty { result.append(WeightedText(text: "", weight: 1)) }
      return result.reduce(into: []) { merged, part in
        if let last = merged.last, last.weight == part.weight {
          merged[merged.count - 1].text += part.text
        } else {
          merged.append(part)
        }
      }
    }

    private mutating func step() {
      let scalar = text[position]
      switch scalar {
      case "\\":
        let next = position + 1 < text.count ? text[position + 1] : nil
        if let next, "()[]\\".unicodeScalars.contains(next) {
          append(String(next))
          position += 2
        } else {
          append("")
          position += 1
        }
      case "(": open(\.rounds)
      case "[": open(\.squares)
      case ":":
        if let (weight, end) = weight(at: position + 1), let start = rounds.popLast() {
          multiply(from: start, by: weight)
          position = end
        } else if let (_, end) = weight(at: position + 1) {
          appendSplitting(position..<end)
          position = end
        } else {
          append(":")
          position += 1
        }
      case ")": close(\.rounds, by: 1.1)
      case "]": close(\.squares, by: 1 / 1.1)
      default:
        let end = text[position...].firstIndex { "\\()[]:".unicodeScalars.contains($0) } ?? text.count
        appendSplitting(position..<end)
        position = end
      }
    }

    private mutating func open(_ brackets: WritableKeyPath<Parser, [Int]>) {
      self[keyPath: brackets].append(result.count)
      position += 1
    }

    private mutating func close(_ brackets: WritableKeyPath<Parser, [Int]>, by factor: Double) {
      if let start = self[keyPath: brackets].popLast() {
        multiply(from: start, by: factor)
      } else {
        append(String(text[position]))
      }
      position += 1
    }

    private mutating func append(_ text: String) { result.append(WeightedText(text: text, weight: 1)) }

    private mutating func multiply(from start: Int, by factor: Double) {
      for i in start..<result.count { result[i].weight *= factor }
    }

    /// A number, white space around it, and a closing bracket: the number, and where the text goes on.
    private func weight(at start: Int) -> (Double, end: Int)? {
      var end = start
      func skipSpaces() { while end < text.count, text[end].properties.isWhitespace { end += 1 } }
      skipSpaces()
      let first = end
      if end < text.count, text[end] == "+" || text[end] == "-" { end += 1 }
      while end < text.count, ("0"..."9").contains(text[end]) || text[end] == "." { end += 1 }
      let number = String(String.UnicodeScalarView(text[first..<end]))
      skipSpaces()
      guard end < text.count, text[end] == ")" else { return nil }
      // Swift does not take a number that ends, or begins, with its point.
      let padded = number.hasSuffix(".") ? number + "0" : number
      guard let value = Double(padded), value.isFinite else { return nil }
      return (value, end + 1)
    }

    /// Adds text, cut at every `BREAK` that is a word of its own, and the white space around it.
    private mutating func appendSplitting(_ range: Range<Int>) {
      let word = Array("BREAK".unicodeScalars)
      func isWordCharacter(_ i: Int) -> Bool {
        range.contains(i)
          && (text[i] == "_" || text[i].properties.isAlphabetic || text[i].properties.numericType != nil)
      }
      var start = range.lowerBound
      var i = start
      while i + word.count <= range.upperBound {
        let isBreak =
          text[i..<i + word.count].elementsEqual(word) && !isWordCharacter(i - 1)
          && !isWordCharacter(i + word.count)
        guard isBreak else {
          i += 1
          continue
        }
        var end = i
        while end > start, text[end - 1].properties.isWhitespace { end -= 1 }
        append(String(String.UnicodeScalarView(text[start..<end])))
        result.append(.chunkBreak)
        i += word.count
        while i < range.upperBound, text[i].properties.isWhitespace { i += 1 }
        start = i
      }
      append(String(String.UnicodeScalarView(text[start..<range.upperBound])))
    }
  }
}
