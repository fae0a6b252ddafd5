import Foundation
import Testing

@testable import Tokenizers

@Suite struct GGUFVocabularyTests {
  /// The metadata that a converter would write for one of the small tokenizers.
  private func metadata(_ kind: String, pre: String) throws -> GGUFVocabulary {
    let file = try JSONParser.parse(
      Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("\(kind)/tokenizer.json"))), file: kind)
    let tokenizer = try Fixtures.tokenizer(kind)
    let ids = 0..<tokenizer.vocabularyCount
    return GGUFVocabulary(
      model: "gpt2", pre: pre, tokens: ids.map { tokenizer.token(of: $0) ?? "" },
      merges: try file["model"]["merges"].array().map { node in
        if case .array = node.value { return try node.array().map { try $0.string() }.joined(separator: " ") }
        return try node.string()
      },
      tokenTypes: ids.map { tokenizer.isSpecial($0) ? 3 : 1 },
      bosID: tokenizer.id(of: "<|begin_of_text|>"))
  }

  @Test(arguments: [
    ("gpt2", "gpt-2"), ("gpt2", "default"), ("smollm", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"),
  ])
  func encodesAsTheReference(kind: String, pre: String) throws {
    let tokenizer = try Tokenizer(metadata(kind, pre: pre))
    let texts = try Fixtures.texts()
    let reference = try Fixtures.decode(ReferenceResults.self, "\(kind)/ids.json")
    for (index, text) in texts.enumerated() {
      #expect(
        tokenizer.encode(text, addSpecialTokens: false) == reference.ids[index], "\(text.debugDescription)")
    }
    for (index, ids) in reference.special { #expect(tokenizer.encode(texts[index]) == ids) }
  }

  @Test func metadataDecideOnTheBOS() throws {
    var gguf = try metadata("llama3", pre: "llama-bpe")
    let bos = try #require(gguf.bosID)
    #expect(try Tokenizer(gguf).encode("a").first == bos)
    gguf.addsBOS = false
    #expect(try Tokenizer(gguf).encode("a").count == 1)
  }

  @Test func anUnknownPreTokenizerIsNamed() throws {
    let gguf = try metadata("gpt2", pre: "tekken")
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(gguf) }
    #expect(error.description.contains("tekken") && error.description.contains("llama-bpe"))
  }

  @Test func wrongMetadataAreErrors() throws {
    let good = try metadata("gpt2", pre: "gpt-2")
    for change: @Sendable (inout GGUFVocabulary) -> Void in [
      { $0.model = "bert" }, { $0.model = "llama" }, { $0.tokenTypes = [1] }, { $0.bosID = -1 },
      { $0.eosID = 1 << 40 },
      { $0.merges.append("Ġ nowhere") }, { $0.merges.append("") }, { $0.tokens[5] = $0.tokens[6] },
    ] {
      var bad = good
      change(&bad)
      #expect(throws: TokenizerError.self) { try Tokenizer(bad) }
    }
  }
}
