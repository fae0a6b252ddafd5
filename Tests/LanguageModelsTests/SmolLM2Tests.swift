import Foundation
import LanguageModels
import Tensors
import TestSupport
import Testing

/// The real SmolLM2-135M-Instruct, if it is on this machine.
@Suite(.enabled(if: SmolLM2.url != nil, "SmolLM2 is not here: set VOKEN_LLM or run `gen weights fetch`"))
struct SmolLM2Tests {
  struct Case: Decodable {
    let prompt: String
    let ids: [Int]
    let greedy: [Int]
  }
  let cases: [Case] = (try? Fixture.json("language/smollm2.json")) ?? []

  @Test func equalsTransformers() throws {
    let model = try SmolLM2.model()
    try #require(cases.count == 4)
    for (i, expected) in cases.enumerated() {
      #expect(model.tokenizer.encode(expected.prompt) == expected.ids)
      var cache = model.decoder.makeCache()
      let states = try model.decoder.hiddenStates(tokens: expected.ids, cache: &cache)
      expectClose(
        states,
        try LanguageFixture.expected("\(i).hidden", [expected.ids.count, 576], file: "smollm2"), 1e-4,
        expected.prompt)
      let logits = try model.decoder.nextTokenLogits(states[expected.ids.count - 1])
      let sampled = i == 0 ? logits : stride(from: 0, to: logits.count, by: 13).map { logits[$0] }
      expectClose(
        Tensor(sampled, shape: [sampled.count]),
        try LanguageFixture.expected("\(i).logits", [sampled.count], file: "smollm2"), 1e-4, expected.prompt)
    }
  }

  @Test func greedyTokensEqualTransformers() throws {
    let model = try SmolLM2.model()
    for expected in cases {
      var generator = try TextGenerator(
        model, prompt: expected.ids, sampler: .greedy, maximumTokens: 32, endTokens: [])
      while try generator.next() != nil {}
      #expect(Array(generator.tokens.dropFirst(expected.ids.count)) == expected.greedy, "\(expected.prompt)")
    }
  }

  /// The ids of its own vocabulary, in the order of texts.json; decoded texts only where they are not the text itself.
  struct Tokens: Decodable {
    let ids: [[Int]]
    let decoded: [Int: String]
  }

  @Test func tokenizesAsTheReferenceDoes() throws {
    let tokenizer = try SmolLM2.model().tokenizer
    let texts: [String] = try Fixture.json("tokenizers/texts.json")
    let expected: Tokens = try Fixture.json("tokenizers/smollm2.json")
    try #require(texts.count >= 500 && expected.ids.count == texts.count)
    for (i, text) in texts.enumerated() {
      #expect(tokenizer.encode(text) == expected.ids[i], "\(text)")
      #expect(tokenizer.decode(expected.ids[i]) == expected.decoded[i] ?? text)
    }
  }

  @Test func threadsDoNotMatter() throws {
    let model = try SmolLM2.model().decoder
    defer { ThreadPool.threadCount = ProcessInfo.processInfo.activeProcessorCount }
    let states = try [1, 2, 3].map { threads in
      ThreadPool.threadCount = threads
      var cache = model.makeCache()
      let prefill = try model.hiddenStates(tokens: cases[2].ids, cache: &cache)
      let step = try model.hiddenStates(tokens: [504], cache: &cache)
      return prefill.floats + step.floats
    }
    #expect(states[0] == states[1] && states[0] == states[2])
  }

  @Test func describesItself() throws {
    let model = try SmolLM2.model()
    #expect(model.endTokens == [0, 2])
    #expect((model.decoder.vocabularySize, model.decoder.hiddenSize) == (49152, 576))
    #expect((model.decoder.layerCount, model.decoder.contextLength) == (30, 8192))
  }
}

enum SmolLM2 {
  static let name = "SmolLM2-135M-Instruct.Q4_1.gguf"

  /// `$VOKEN_LLM`, or the file in the user's cache folder, at any depth.
  static let url: URL? = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["VOKEN_LLM"], !path.isEmpty {
      return FileManager.default.fileExists(atPath: path) ? URL(filePath: path) : nil
    }
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
    let cache = base.appending(path: "voken")
    let files = FileManager.default.enumerator(atPath: cache.path)?.compactMap { $0 as? String } ?? []
    return files.first { $0.split(separator: "/").last == name[...] }.map { cache.appending(path: $0) }
  }()

  private static let loaded = Result { try url.map { try LanguageModel(contentsOf: $0) } }

  static func model() throws -> LanguageModel { try #require(try loaded.get()) }
}
