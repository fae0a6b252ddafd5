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
    if !negativePrompt.isEmpty { lines.append("\(Self.negativeMarker) \(negativePrompt)") }
    if !settings.isEmpty {
      lines.append(settings.map { "\($0.key): \(Self.quoted($0.value))" }.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  /// Reads such a text, by this or another tool. Never fails: what is not understood is part of the prompt.
  public init(text: String) {
    // By bytes: to Swift, a carriage return and a line feed are one character, and so are a comma and an accent.
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    var settings: [(key: String, value: String)] = []
    let last = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) }
    if let last, let parsed = Self.pairs(lines[last]), parsed.contains(where: { $0.key == "Steps" }) {
      settings = parsed
      lines.removeSubrange(last...)
    }
    let split = lines.lastIndex { $0.utf8.starts(with: Self.negativeMarker.utf8) }
    self.init(
      prompt: lines[..<(split ?? lines.count)].joined(separator: "\n"),
      negativePrompt: split.map { Self.afterMarker(lines[$0...].joined(separator: "\n")) } ?? "",
      settings: settings)
  }

  private static let negativeMarker = "Negative prompt:"

  private static func afterMarker(_ text: String) -> String {
    let rest = text.utf8.dropFirst(negativeMarker.utf8.count)
    return String(decoding: rest.first == UInt8(ascii: " ") ? rest.dropFirst() : rest, as: UTF8.self)
  }

  private static func quoted(_ value: String) -> String {
    let isPlain =
      !value.utf8.contains(where: ",:\n\r\"".utf8.contains)
      && value == value.trimmingCharacters(in: .whitespacesAndNewlines)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard !isPlain, let json = try? encoder.encode(value) else { return value }
    return String(decoding: json, as: UTF8.self)
  }

  /// `Key: value, Key: "quoted, value"` → pairs; nil if the line is not made so.
  private static func pairs(_ line: String) -> [(key: String, value: String)]? {
    func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
      String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var rest = Array(line.utf8)[...]
    var result: [(key: String, value: String)] = []
    while !rest.isEmpty {
      guard
        let colon = rest.indices.dropLast().first(where: {
          rest[$0] == UInt8(ascii: ":") && rest[$0 + 1] == UInt8(ascii: " ")
        })
      else { return nil }
      let key = trimmed(rest[..<colon])
      rest = rest[(colon + 2)...]
      let end = closingQuote(rest) ?? rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
      let value = rest[..<end]
      let isQuoted = value.first == UInt8(ascii: "\"")
      let decoded = isQuoted ? try? JSONDecoder().decode(String.self, from: Data(value)) : nil
      result.append((key, decoded ?? trimmed(value)))
      rest = rest[end...].drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") }
    }
    return result
  }

  /// The place after a quoted value; nil if the text does not begin with one.
  private static func closingQuote(_ text: ArraySlice<UInt8>) -> Int? {
    guard text.first == UInt8(ascii: "\"") else { return nil }
    var isEscaped = false
    for index in text.indices.dropFirst() {
      if isEscaped {
        isEscaped = false
      } else if text[index] == UInt8(ascii: "\\") {
        isEscaped = true
      } else if text[index] == UInt8(ascii: "\"") {
        return index + 1
      }
    }
    return nil
  }

  public static func == (a: Self, b: Self) -> Bool { a.text == b.text }
}
