import Foundation
import Testing

@testable import Tokenizers

@Suite struct TokenizerTests {
  static let kinds = ["gpt2", "smollm", "llama3", "qwen2", "added"]

  @Test(arguments: kinds) func encodesAsTheReference(kind: String) throws {
    try expectReferenceEncodings(of: kind, Fixtures.texts())
  }

  @Test(arguments: kinds) func decodesAsTheReference(kind: String) throws {
    let tokenizer = try Fixtures.tokenizer(kind)
    let texts = try Fixtures.texts()
    let reference = try Fixtures.decode(ReferenceResults.self, "\(kind)/ids.json")
    for (index, text) in texts.enumerated() {
      let ids = reference.ids[index]
      let expected = reference.decoded[index] ?? text
      #expect(utf8(tokenizer.decode(ids)) == utf8(expected))
      #expect(
        utf8(tokenizer.decode(ids, skipSpecialTokens: true)) == utf8(reference.skipped[index] ?? expected))
    }
  }

  @Test func namesTokensAndIds() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let id = try #require(tokenizer.id(of: "<|im_end|>"))
    #expect(tokenizer.token(of: id) == "<|im_end|>")
    #expect(tokenizer.isSpecial(id))
    #expect(tokenizer.vocabularyCount == id + 1)
    #expect(tokenizer.id(of: "Ġthe").map(tokenizer.isSpecial) == false)
    #expect(tokenizer.id(of: "no such token") == nil)
  }

  @Test func idsOutOfRangeSayNothing() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let a = try #require(tokenizer.id(of: "a"))
    #expect(tokenizer.decode([a, -1, Int.max, Int.min, tokenizer.vocabularyCount, a]) == "aa")
    #expect(tokenizer.token(of: -1) == nil && tokenizer.token(of: Int.max) == nil)
  }

  @Test(.timeLimit(.minutes(1))) func aMegabyteWordIsNoTrap() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let word = String(repeating: "the", count: 350_000)
    let ids = tokenizer.encode(word)
    #expect(ids.count < word.utf8.count && tokenizer.decode(ids) == word)
  }

  private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
}
