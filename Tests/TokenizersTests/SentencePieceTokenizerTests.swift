import Foundation
import Testing

@testable import Tokenizers

@Suite struct SentencePieceTokenizerTests {
  static let kinds = ["sp-vicuna", "sp-first", "sp-spaces", "sp-legacy", "sp-metaspace"]

  private func texts() throws -> [String] { try Fixtures.decode([String].self, "pieces.json") }

  @Test(arguments: kinds) func encodesAsTheReference(kind: String) throws {
    try expectReferenceEncodings(of: kind, texts())
  }

  @Test(arguments: kinds) func decodesAsTheReference(kind: String) throws {
    let tokenizer = try Fixtures.tokenizer(kind)
    let texts = try texts()
    let reference = try Fixtures.decode(ReferenceResults.self, "\(kind)/ids.json")
    for (index, text) in texts.enumerated() {
      let expected = reference.decoded[index] ?? text
      #expect(
        Array(tokenizer.decode(reference.ids[index]).utf8) == Array(expected.utf8), "\(text.debugDescription)"
      )
    }
  }

  /// What a GGUF file of architecture `llama` holds is the same model.
  @Test(arguments: ["sp-vicuna", "sp-spaces"]) func ggufVocabulariesEncodeAlike(kind: String) throws {
    let file = try SentencePieceFile(
      Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("\(kind)/tokenizer.model"))))
    var gguf = GGUFVocabulary(
      model: "llama", tokens: file.pieces.map(\.text), scores: file.pieces.map { Double($0.score) },
      tokenTypes: file.pieces.map(\.kind.rawValue), bosID: file.bosID, eosID: file.eosID)
    guard file.fallsBackToBytes else {
      #expect(throws: TokenizerError.self) { try Tokenizer(gguf) }
      return
    }
    let tokenizer = try Tokenizer(gguf)
    let reference = try Fixtures.decode(ReferenceResults.self, "\(kind)/ids.json")
    let count = file.pieces.count
    var compared = 0
    for (text, ids) in zip(try texts(), reference.ids) where ids.allSatisfy({ $0 < count }) {
      #expect(tokenizer.encode(text) == [1] + ids, "\(text.debugDescription)")
      compared += 1
    }
    #expect(compared > 500)
    gguf.scores.removeLast()
    #expect(throws: TokenizerError.self) { try Tokenizer(gguf) }
  }

  @Test func aContinuedTextKeepsItsFirstSpace() throws {
    let tokenizer = try Fixtures.tokenizer("sp-vicuna")
    let ids = tokenizer.encode("the girl", addSpecialTokens: false)
    var start = StreamingDecoder(tokenizer)
    #expect(ids.map { start.append($0) }.joined() + start.finish() == tokenizer.decode(ids))
    var continued = StreamingDecoder(tokenizer, startsText: false)
    #expect(ids.map { continued.append($0) }.joined() == " the girl")
  }

  @Test(.timeLimit(.minutes(1))) func aLongTextIsNoTrap() throws {
    let tokenizer = try Fixtures.tokenizer("sp-vicuna")
    let text = String(repeating: "the", count: 60_000)
    #expect(tokenizer.decode(tokenizer.encode(text, addSpecialTokens: false)) == text)
  }

  @Test func gpt2FilesReadAsTheJSON() throws {
    let json = try Fixtures.tokenizer("gpt2")
    let file = try JSONParser.parse(
      Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("gpt2/tokenizer.json"))), file: "")
    let count = try file["model"]["vocab"].members().count
    let vocabulary =
      "{" + (0..<count).map { "\(quoted(json.token(of: $0) ?? "")): \($0)" }.joined(separator: ",") + "}"
    let merges = try file["model"]["merges"].array().map { try $0.string() }
    let added = (count..<json.vocabularyCount).map { "\(quoted(json.token(of: $0) ?? "")): \($0)" }
    let tokenizer = try Tokenizer(
      vocabulary: Array(vocabulary.utf8), merges: "#version: 0.2\n" + merges.joined(separator: "\n"),
      config: Array(#"{"bos_token": "<|im_end|>", "add_bos_token": true}"#.utf8),
      addedTokens: Array("{\(added.joined(separator: ","))}".utf8), chatTemplate: nil)
    for text in try Fixtures.texts() {
      #expect(tokenizer.encode(text) == [json.id(of: "<|im_end|>")] + json.encode(text))
    }
  }

  private func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }
}
