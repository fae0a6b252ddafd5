import Foundation
import Testing

@testable import Tokenizers

@Suite struct CLIPTokenizerTests {
  struct Reference: Decodable {
    var ids: [[Int]]
    var others: [String: [Int: [Int]]]

    /// The row without padding.
    func row(_ index: Int, _ config: String) -> [Int] { others[config]?[index] ?? ids[index] }
  }

  @Test(arguments: ["sd1", "sd2", "decoder", "bare"]) func encodesAsTheReference(config: String) throws {
    let configs = try Fixtures.decode([String: String].self, "clip/configs.json")
    let names = try CLIPTokenNames(
      config: JSONParser.parse(Array(#require(configs[config]).utf8), file: config), map: JSONNode(.null))
    let tokenizer = try CLIPTokenizer(
      vocabulary: contents("clip/vocab.json"),
      merges: String(decoding: contents("clip/merges.txt"), as: UTF8.self), names: names)
    try expectRows(of: tokenizer, toBe: config)
  }

  @Test func readsFolders() throws {
    try expectRows(of: CLIPTokenizer(folder: Fixtures.folder.appendingPathComponent("clip")), toBe: "sd1")
    try expectRows(
      of: CLIPTokenizer(folder: Fixtures.folder.appendingPathComponent("clip-saved")), toBe: "sd2")
  }

  @Test func mergesDetermineTheVocabulary() throws {
    let merges = try String(decoding: contents("clip/merges.txt"), as: UTF8.self)
    try expectRows(of: CLIPTokenizer(merges: merges), toBe: "bare")
    let padded = try CLIPTokenizer(merges: merges.replacing("\n", with: "\r\n"), padToken: "!")
    #expect(padded.padID == 0 && padded.encode("a").last == 0)
  }

  /// The built-in vocabulary against transformers' tokenizer with OpenAI's files.
  @Test func builtIn() throws {
    let tokenizer = try CLIPTokenizer.builtIn()
    let padded = try CLIPTokenizer.builtIn(padToken: "!")
    let rows = try Fixtures.decode([[Int]].self, "clip-full.json")
    for (text, row) in zip(try Fixtures.texts(), rows) {
      let padding = Array(repeating: 49407, count: 77 - row.count)
      #expect(tokenizer.encode(text) == row + padding, "\(text.debugDescription)")
      guard !text.contains("!") else { continue }
      #expect(padded.encode(text) == row + padding.map { _ in 0 }, "\(text.debugDescription)")
    }
    #expect(tokenizer.vocabularyCount == 49408)
  }

  @Test func fillsAndCutsRows() throws {
    let tokenizer = try CLIPTokenizer(folder: Fixtures.folder.appendingPathComponent("clip"))
    let a = try #require(tokenizer.encode("a", length: 3).dropFirst().first)
    #expect(
      tokenizer.encode("", length: 4) == [tokenizer.bosID] + Array(repeating: tokenizer.eosID, count: 3))
    #expect(tokenizer.encode("a a a a", length: 5) == [tokenizer.bosID, a, a, a, tokenizer.eosID])
    #expect(tokenizer.encode("a", length: -1) == [tokenizer.bosID, tokenizer.eosID])
    #expect(tokenizer.encode(String(repeating: "a", count: 100_000)).count == 77)
    #expect(tokenizer.vocabularyCount == tokenizer.eosID + 1)
  }

  @Test func missingSpecialTokensAreNamed() throws {
    let error = try #require(throws: TokenizerError.self) {
      try CLIPTokenizer(vocabulary: Array(#"{"a":0}"#.utf8), merges: "", names: CLIPTokenNames())
    }
    #expect(error.description.contains("<|startoftext|>"))
  }

  @Test(arguments: [
    #"{"bos_token":1}"#, #"{"pad_token":{}}"#, #"{"added_tokens_decoder":[]}"#,
    #"{"added_tokens_decoder":{"x":{}}}"#,
    "[]", "{",
  ]) func wrongConfigsAreErrors(config: String) throws {
    #expect(throws: TokenizerError.self) {
      let node = try JSONParser.parse(Array(config.utf8), file: "tokenizer_config.json")
      _ = try node.members()
      _ = try CLIPTokenNames(config: node, map: JSONNode(.null))
    }
  }

  private func expectRows(of tokenizer: CLIPTokenizer, toBe config: String) throws {
    let texts = try Fixtures.texts()
    let reference = try Fixtures.decode(Reference.self, "clip/ids.json")
    for (index, text) in texts.enumerated() {
      let row = reference.row(index, config)
      let padding = Array(repeating: tokenizer.padID, count: 77 - row.count)
      #expect(tokenizer.encode(text) == row + padding, "\(text.debugDescription)")
    }
  }

  private func contents(_ path: String) throws -> [UInt8] {
    try Array(Data(contentsOf: Fixtures.folder.appendingPathComponent(path)))
  }
}
