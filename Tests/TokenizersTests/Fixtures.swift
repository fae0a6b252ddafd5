import Foundation

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
