import Foundation

/// `manifest.jsonl`: a line of JSON for what was asked, then one for each item in reading order, in the manner of OBELICS
/// and MMC4, then one for the end. Each line's `check` covers it and all before it, so that an edit is noticed.
struct StoryManifest: Equatable {
  /// What was asked, and of which model.
  struct Header: Codable, Equatable {
    var request: StoryRequest
    var model: String
    /// Of the model's folder and of the language model.
    var modelHash: String
    var languageModelHash: String
    var version = "Voken \(vokenVersion)"

    enum CodingKeys: String, CodingKey {
      case request, model, version
      case modelHash = "model_sha256"
      case languageModelHash = "llm_sha256"
    }
  }

  fileprivate enum Line: Equatable {
    case header(Header)
    case item(InterleavedItem)
    case end(String)
  }

  private(set) var header: Header
  private(set) var items: [InterleavedItem] = []
  /// Why the text ended; nil while it has not.
  private(set) var end: String?
  /// The file's contents.
  private(set) var text = ""
  private var check = ""
  private var lastLine = ""

  init(_ header: Header) {
    self.header = header
    write(.header(header))
  }

  mutating func append(_ item: InterleavedItem) {
    items.append(item)
    write(.item(item))
  }

  mutating func finish(_ reason: String) {
    end = reason
    write(.end(reason))
  }

  private mutating func write(_ line: Line) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and numbers that came from JSON or are finite: nothing that could fail to encode.
    guard let json = try? encoder.encode(line) else { preconditionFailure("a manifest's line is not JSON") }
    let body = String(decoding: json, as: UTF8.self)
    check = Self.check(after: check, body)
    lastLine = body.dropLast() + ",\"check\":\"\(check)\"}"
    text += lastLine + "\n"
  }

  private static func check(after previous: String, _ body: String) -> String {
    String(SHA256.hex(Data((previous + body).utf8)).prefix(16))
  }

  /// Reads a manifest. A last line without its end, which an interruption leaves, is passed over.
  init(contentsOf url: URL) throws {
    let data: Data
    do { data = try Data(contentsOf: url) } catch { throw StoryError.unreadable(url.path) }
    guard data.count <= 64 << 20, let text = String(data: data, encoding: .utf8) else {
      throw StoryError.notAManifest(url.path, line: 1)
    }
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    var manifest: StoryManifest?
    for (index, bytes) in lines.enumerated() {
      let number = index + 1
      guard manifest?.end == nil, let parsed = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
        throw StoryError.notAManifest(url.path, line: number)
      }
      switch (parsed, manifest) {
      case (.header(let header), nil): manifest = StoryManifest(header)
      case (.item(let item), _?): manifest?.append(item)
      case (.end(let reason), _?): manifest?.finish(reason)
      default: throw StoryError.notAManifest(url.path, line: number)
      }
      guard manifest?.lastLine.utf8.elementsEqual(bytes) == true else {
        throw StoryError.editedManifest(url.path, line: number)
      }
    }
    guard let manifest else { throw StoryError.notAManifest(url.path, line: 1) }
    self = manifest
  }
}

extension StoryManifest.Line: Codable {
  private enum Key: String, CodingKey { case type, text, tokens, reason }
  private enum Kind: String, Codable { case story, text, image, end }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .header(let header):
      try values.encode(Kind.story, forKey: .type)
      try header.encode(to: encoder)
    case .item(.text(let text, let tokens)):
      try values.encode(Kind.text, forKey: .type)
      try values.encode(text, forKey: .text)
      try values.encode(tokens, forKey: .tokens)
    case .item(.image(let image)):
      try values.encode(Kind.image, forKey: .type)
      try image.encode(to: encoder)
    case .end(let reason):
      try values.encode(Kind.end, forKey: .type)
      try values.encode(reason, forKey: .reason)
    }
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    switch try values.decode(Kind.self, forKey: .type) {
    case .story: self = .header(try StoryManifest.Header(from: decoder))
    case .text:
      self = .item(
        .text(
          try values.decode(String.self, forKey: .text),
          tokens: try values.decode([Int].self, forKey: .tokens)))
    case .image: self = .item(.image(try StoryImage(from: decoder)))
    case .end: self = .end(try values.decode(String.self, forKey: .reason))
    }
  }
}
