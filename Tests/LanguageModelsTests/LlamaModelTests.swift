import LanguageModels
import Tensors
import TestSupport
import Testing

@Suite struct LlamaModelTests {
  /// Tied and untied heads, grouped queries, biases, Llama-3 and linear scaling, both styles of config.json, GGUF with
  /// reordered and with plain rows, Q8_0 weights.
  static let names = [
    "llama-tied", "llama-untied", "llama-linear", "mistral", "qwen2", "opt",
    "llama-tied.gguf", "qwen2.gguf", "llama3-q8.gguf",
  ]

  @Test(arguments: names) func equalsTransformers(_ name: String) throws {
    let model = try LanguageFixture.model(name)
    let expected = try LanguageFixture.answers(String(name.prefix { $0 != "." }))
    var cache = model.decoder.makeCache()
    let states = try model.decoder.hiddenStates(tokens: LanguageFixture.ids, cache: &cache)
    expectClose(states, expected.hidden, 1e-5, "\(name) states")
    expectClose(model.decoder.logits(states), expected.logits, 1e-5, "\(name) logits")
    #expect(cache.count == LanguageFixture.ids.count)
  }

  @Test(arguments: names, [[1, 1, 1, 23], [20, 6], [7, 1, 17, 1]])
  func stepsEqualOneBatch(_ name: String, _ sizes: [Int]) throws {
    let model = try LanguageFixture.model(name)
    let expected = try LanguageFixture.answers(String(name.prefix { $0 != "." }))
    var cache = model.decoder.makeCache()
    var parts = [Tensor]()
    for size in sizes {
      let ids = LanguageFixture.ids[cache.count..<cache.count + size]
      parts.append(try model.decoder.hiddenStates(tokens: Array(ids), cache: &cache))
    }
    expectClose(Tensor.concatenating(parts), expected.hidden, 1e-5, "\(name) in steps")
  }

  @Test func acceptsEmbeddings() throws {
    let model = try LanguageFixture.model("llama-tied").decoder
    var (a, b) = (model.makeCache(), model.makeCache())
    let rows = try model.embeddings(LanguageFixture.ids)
    let direct = try model.hiddenStates(embeddings: rows, cache: &a)
    let byTokens = try model.hiddenStates(tokens: LanguageFixture.ids, cache: &b)
    #expect(direct.floats == byTokens.floats)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let model = try LanguageFixture.model("llama-tied").decoder
    var cache = model.makeCache()
    #expect(throws: LanguageModelError.promptTooLong(tokens: 65, context: 64)) {
      try model.hiddenStates(tokens: Array(repeating: 3, count: 65), cache: &cache)
    }
    #expect(throws: LanguageModelError.unknownToken(320, vocabularySize: 320)) {
      try model.hiddenStates(tokens: [320], cache: &cache)
    }
    #expect(throws: LanguageModelError.unknownToken(-1, vocabularySize: 320)) {
      try model.hiddenStates(tokens: [-1], cache: &cache)
    }
    #expect(throws: LanguageModelError.emptyPrompt) { try model.hiddenStates(tokens: [], cache: &cache) }
    _ = try model.hiddenStates(tokens: Array(repeating: 3, count: 64), cache: &cache)
    #expect(throws: LanguageModelError.promptTooLong(tokens: 65, context: 64)) {
      try model.hiddenStates(tokens: [3], cache: &cache)
    }
    // A sliding window of 48 is where Mistral's context ends here.
    #expect(try LanguageFixture.model("mistral").decoder.contextLength == 48)
  }

  @Test func noticesNaN() throws {
    let model = try LanguageFixture.model("llama-tied").decoder
    var cache = model.makeCache()
    _ = try model.hiddenStates(tokens: [5, 6], cache: &cache)
    #expect(throws: LanguageModelError.notFinite(source: model.source)) {
      try model.hiddenStates(embeddings: Tensor(repeating: .nan, shape: [1, 32]), cache: &cache)
    }
    #expect(cache.count == 2)
  }
}
