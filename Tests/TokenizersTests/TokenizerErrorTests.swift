import Foundation
import Testing

@testable import Tokenizers

/// Files that are wrong in one place each.
@Suite struct TokenizerErrorTests {
  @Test(arguments: [
    (#""model""#, #""odel""#, "model.vocab"),
    (#""BPE""#, #""Unigram""#, "Unigram"),
    (#""b":1"#, #""b":0"#, "id 0"),
    (#""b":1"#, #""b":-1"#, "-1"),
    (#""b":1"#, #""b":99999999999"#, "99999999999"),
    (#""b":1"#, #""b":99999999999999999999999"#, "model.vocab.b"),
    (#""b":1"#, #""b":"1""#, "model.vocab.b"),
    (#""b":1"#, #""a":1"#, "\"a\""),
    (#""b":1"#, #""b":1.5"#, "model.vocab.b"),
    (#""a b""#, #""a c""#, "\"c\""),
    (#""a b""#, #""ab""#, "\"ab\""),
    (#""a b""#, #""a b ""#, "\"a b \""),
    (#""a b""#, #""b a""#, "\"ba\""),
    (#""a b""#, #"["a"]"#, "model.merges"),
    (#""a b""#, "7", "model.merges"),
    (#"["a b"]"#, #"{"a":"b"}"#, "model.merges"),
    (#""ByteLevel""#, #""Whitespace""#, "Whitespace"),
    (#""ByteLevel""#, #""Digits""#, "ByteLevel"),
    (#""normalizer":null"#, #""normalizer":{"type":"Precompiled"}"#, "Precompiled"),
    (#""normalizer":null"#, #""normalizer":[]"#, "normalizer"),
    (#""post_processor":null"#, #""post_processor":{"type":"Odd"}"#, "Odd"),
    (
      #""post_processor":null"#,
      #""post_processor":{"type":"RobertaProcessing","sep":["z",99],"cls":["z",99]}"#, "99"
    ),
    (#""post_processor":null"#, #""post_processor":{"type":"TemplateProcessing","single":[]}"#, "single"),
    (#""id":3"#, #""id":2"#, "id 2"),
    (#""id":3"#, #""id":-3"#, "-3"),
    (#""id":3"#, #""di":3"#, "added_tokens[0].id"),
    (#""special":true"#, #""special":"yes""#, "added_tokens[0].special"),
    (#""unk_token":null"#, #""unk_token":"zz""#, "\"zz\""),
    (#""dropout":null"#, #""dropout":0.1"#, "dropout"),
    (#""decoder":null"#, #""decoder":{"type":"WordPiece"}"#, "WordPiece"),
    ("}", "", "byte"), ("{", "", "byte"), ("null", "nul", "byte"), (#""a":0"#, #""a""#, "byte"),
    (":", ",", "byte"),
  ]) func namesWhatIsWrong(part: String, replacement: String, name: String) throws {
    let good =
      #"{"normalizer":null,"pre_tokenizer":{"type":"ByteLevel"},"post_processor":null,"decoder":null,"#
      + #""added_tokens":[{"id":3,"content":"<x>","special":true}],"#
      + #""model":{"type":"BPE","dropout":null,"unk_token":null,"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}"#
    _ = try Tokenizer(json: Array(good.utf8))
    let range = try #require(good.range(of: part))
    let bad = good.replacingCharacters(in: range, with: replacement)
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(json: Array(bad.utf8)) }
    #expect(error.description.contains(name), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test func noPrefixOfAFileCrashes() throws {
    let file = try Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("llama3/tokenizer.json")))
    for length in stride(from: 0, to: file.count - 1, by: 97) {
      #expect(throws: TokenizerError.self) { try Tokenizer(json: Array(file[..<length])) }
    }
  }

  @Test func noChangedByteCrashes() throws {
    let file = try Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("added/tokenizer.json")))
    var state: UInt32 = 5
    for _ in 0..<400 {
      var changed = file
      for _ in 0..<3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        changed[Int(state >> 8) % file.count] = UInt8(truncatingIfNeeded: state >> 3)
      }
      if let tokenizer = try? Tokenizer(json: changed) { _ = tokenizer.encode("Straße <s> 12 [IMG0]") }
    }
  }

  @Test func deepNestingIsAnError() {
    let deep = Array(repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: TokenizerError.self) { try Tokenizer(json: deep) }
  }

  @Test func aMissingFileIsNamed() throws {
    let folder = URL(fileURLWithPath: "/nonexistent/voken")
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
    #expect(error.description.contains("/nonexistent/voken/tokenizer.json"))
  }
}
