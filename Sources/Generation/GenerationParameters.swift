import Foundation

/// The text that goes with a picture, in the layout that AUTOMATIC1111's web UI made common: the prompt, a line
/// `Negative prompt: …`, and a last line of `Key: value` pairs.
public struct GenerationParameters: Sendable, Equatable {
  public var prompt: String
  public var negativePrompt: String
  /// In the order in which they are written.
  public var settings: [(key: String, value: String)]

  public init(prompt: String, negativePrompt: String = "", settings: [(key: String, value: String)]) {
    self.prompt = prompt
    self.negativePrompt = negativePrompt
    self.settings = settings
  }

  public subscript(key: String) -> String? { settings.first { $0.key == key }?.value }

  /// The text of the `parameters` chunk.
  public var text: String {
    var lines = [prompt]
    if !negativePrompt.isEmpty { lines.append("Negative prompt: \(negativePrompt)") }
    lines.append(settings.map { "\($0.key): \(Self.quoted($0.value))" }.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }

  /// Reads such a text, by this or another tool. Never fails: what is not understood is part of the prompt.
  public init(text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var settings: [(key: String, value: String)] = []
    if let last = lines.last, let parsed = Self.pairs(last), parsed.contains(where: { $0.key == "Steps" }) {
      settings = parsed
      lines.removeLast()
    }
    let marker = "Negative prompt: "
    let split = lines.lastIndex { $0.hasPrefix(marker) }
    self.init(
      prompt: lines[..<(split ?? lines.count)].joined(separator: "\n"),
      negativePrompt: split.map { String(lines[$0...].joined(separator: "\n").dropFirst(marker.count)) }
        ?? "",
      settings: settings)
  }

  private static func quoted(_ value: String) -> String {
    guard value.contains(where: { ",:\n\"".contains($0) }), let json = try? JSONEncoder().encode(value) else {
      return value
    }
    return String(decoding: json, as: UTF8.self)
  }

  /// `Key: value, Key: "quoted, value"` → pairs; nil if the line is not made so.
  private static func pairs(_ line: String) -> [(key: String, value: String)]? {
    var rest = line[...]
    var result: [(key: String, value: String)] = []
    while !rest.isEmpty {
      guard let colon = rest.range(of: ": ") else { return nil }
      let key = rest[..<colon.lowerBound].trimmingCharacters(in: .whitespaces)
      rest = rest[colon.upperBound...]
      var value: Substring
      if rest.first == "\"", let end = closingQuote(rest) {
        value = rest[...end]
        rest = rest[rest.index(after: end)...]
      } else {
        value = rest[..<(rest.firstIndex(of: ",") ?? rest.endIndex)]
        rest = rest[value.endIndex...]
      }
      let decoded =
        value.hasPrefix("\"") ? try? JSONDecoder().decode(String.self, from: Data(value.utf8)) : nil
      result.append((key, decoded ?? value.trimmingCharacters(in: .whitespaces)))
      rest = rest.drop { $0 == "," || $0 == " " }
    }
    return result
  }

  private static func closingQuote(_ text: Substring) -> Substring.Index? {
    var escaped = false
    for index in text.indices.dropFirst() {
      if escaped {
        escaped = false
      } else if text[index] == "\\" {
        escaped = true
      } else if text[index] == "\"" {
        return index
      }
    }
    return nil
  }

  public static func == (a: Self, b: Self) -> Bool { a.text == b.text }
}
