/// The source of a Jinja template, as far as it takes to recognize one.
struct TemplateSource: Sendable {
  /// The string literals, unescaped, each with the white-space-free code just before it.
  private var literals: [(before: String, text: String)] = []
  /// The source without white space, with single quotes, subscripts for attributes, and newlines in literals as `\n`.
  private let code: String

  init(_ source: String) {
    var code = ""
    var literal: String?
    var quote: Character = "'"
    var iterator = Self.withoutComments(source.replacing("\r\n", with: "\n")).makeIterator()
    while let character = iterator.next() {
      if literal != nil {
        switch character {
        case quote:
          literals.append((String(code.suffix(24)), literal ?? ""))
          code += "'" + Self.escaped(literal ?? "") + "'"
          literal = nil
        case "\\":
          let escape = iterator.next() ?? "\\"
          literal?.append(escape == "n" ? "\n" : escape)
        default: literal?.append(character)
        }
      } else if character == "'" || character == "\"" {
        literal = ""
        quote = character
      } else if !character.isWhitespace {
        code.append(character)
      }
    }
    self.code = code.replacing("message.role", with: "message['role']")
      .replacing("message.content", with: "message['content']")
      .replacing("(message['content']|trim)", with: "message['content']|trim")
  }

  /// Whether the code holds an expression, written without white space.
  func contains(_ expression: String) -> Bool { code.contains(expression) }

  /// The part between two texts within one string literal.
  func literal(after start: String, before end: String) -> String? {
    for literal in literals {
      guard let opening = literal.text.firstRange(of: start) else { continue }
      let rest = literal.text[opening.upperBound...]
      if let closing = rest.firstRange(of: end) { return String(rest[..<closing.lowerBound]) }
    }
    return nil
  }

  /// The string literal assigned to a variable.
  func literal(assignedTo variable: String) -> String? {
    literals.first { $0.before.hasSuffix("set\(variable)=") }?.text
  }

  /// Comments may hold apostrophes, which would pass for quotes.
  private static func withoutComments(_ source: String) -> String {
    var rest = source[...]
    var kept = ""
    while let opening = rest.firstRange(of: "{#") {
      kept += rest[..<opening.lowerBound]
      rest = rest[opening.upperBound...]
      rest = rest.firstRange(of: "#}").map { rest[$0.upperBound...] } ?? ""
    }
    return kept + rest
  }

  private static func escaped(_ literal: String) -> String {
    String(literal.filter { $0 == "\n" || !$0.isWhitespace }).replacing("\n", with: "\\n")
  }
}
