import Foundation
import Testing

@testable import Tokenizers

/// What `Tests/Fixtures/tokenizers/make.py` wrote with the reference library.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/tokenizers")

  static func decode<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(path)))
  }

  static func texts() throws -> [String] { try decode([String].self, "texts.json") }

  static func tokenizer(_ kind: String) throws -> Tokenizer {
    try Tokenizer(folder: folder.appendingPathComponent(kind))
  }
}

/// The results of one reference tokenizer; the dictionaries hold what differs, by the index of the text.
struct ReferenceResults: Decodable {
  var ids: [[Int]]
  var special: [Int: [Int]]
  var unparsed: [Int: [Int]]
  var decoded: [Int: String]
  var skipped: [Int: String]
}

/// Each text must be encoded as the reference library did.
func expectReferenceEncodings(of kind: String, _ texts: [String]) throws {
  let tokenizer = try Fixtures.tokenizer(kind)
  let reference = try Fixtures.decode(ReferenceResults.self, "\(kind)/ids.json")
  #expect(texts.count >= 500 && reference.ids.count == texts.count)
  for (index, text) in texts.enumerated() {
    #expect(
      tokenizer.encode(text, addSpecialTokens: false) == reference.ids[index], "\(text.debugDescription)")
    #expect(
      tokenizer.encode(text, addSpecialTokens: false, parseSpecial: false)
        == reference.unparsed[index] ?? reference.ids[index], "\(text.debugDescription)")
  }
  for (index, ids) in reference.special { #expect(tokenizer.encode(texts[index]) == ids) }
}
