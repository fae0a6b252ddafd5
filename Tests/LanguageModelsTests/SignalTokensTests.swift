import Checkpoints
import LanguageModels
import Tensors
import TestSupport
import Testing

@Suite struct SignalTokensTests {
  let model: LanguageModel
  let rows: Tensor
  let names = ["[IMG0]", "[IMG1]", "[IMG2]", "[IMG3]"]
  let template = "<|user|>{prompt} draw:{signals}"

  init() throws {
    model = try LanguageFixture.model("llama-tied")
    rows = try LanguageFixture.expected("signal_embeddings.weight", [4, 32], file: "signals")
  }

  @Test(arguments: [0, -1], ["llama-tied", "llama-tied.gguf"])
  func statesEqualTransformers(_ offset: Int, _ file: String) throws {
    let model = try LanguageFixture.model(file)
    let template = try PromptTemplate(template)
    let given = try SignalTokens(names: names, embeddings: rows, offset: offset, model: model)
    let own = try SignalTokens(names: names, offset: offset, model: model)
    #expect(own.ids == [3, 4, 5, 6])
    #expect(own.embeddings.floats == model.decoder.embed([3, 4, 5, 6]).floats)
    for (kind, signals, prompt) in [
      ("rows", given, "the old fox"), ("ids", own, "the old fox"), ("special", given, "a <|end|> b"),
    ] {
      expectClose(
        try signals.states(prompt: prompt, template: template, model: model),
        try LanguageFixture.expected("signals.\(kind).\(offset)", [4, 32]), 1e-5, "\(kind) \(offset)")
    }
  }

  @Test func promptIsPutInVerbatim() throws {
    #expect(
      try PromptTemplate(template).text(prompt: "{signals} {prompt}") == "<|user|>{signals} {prompt} draw:")
    #expect(try PromptTemplate(template).text(prompt: "") == "<|user|> draw:")
    for bad in ["{prompt}", "{signals}", "", "{prompt}{signals}{signals}", "{prompt}{signals} after"] {
      #expect(throws: LanguageModelError.self) { try PromptTemplate(bad) }
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(throws: LanguageModelError.unknownSignal("[IMG9]")) {
      try SignalTokens(names: ["[IMG9]"], model: model)
    }
    for (names, embeddings, offset) in [
      ([], nil, 0), (names, rows[0..<3], 0), (names, rows, 1), (names, rows, -5),
      (names, Tensor(repeating: .nan, shape: [4, 32]), 0),
    ] as [([String], Tensor?, Int)] {
      #expect(throws: LanguageModelError.self) {
        try SignalTokens(names: names, embeddings: embeddings, offset: offset, model: model)
      }
    }
    let signals = try SignalTokens(names: names, embeddings: rows, model: model)
    #expect(throws: LanguageModelError.self) { try SignalEmission(signals) }
    #expect(throws: LanguageModelError.self) {
      try signals.states(
        prompt: String(repeating: "fox ", count: 60), template: PromptTemplate(template), model: model)
    }
  }

  @Test func choosingTheFirstForcesTheOthers() throws {
    for offset in [0, -1] {
      let signals = try SignalTokens(names: names, embeddings: rows, offset: offset, model: model)
      let expected = try LanguageFixture.expected("signals.rows.\(offset)", [4, 32])
      // A head that follows the state before it always wins, one against it never does.
      let prompt = try PromptTemplate(template).tokens(prompt: "the old fox", tokenizer: model.tokenizer)
      var cache = model.decoder.makeCache()
      let before = try model.decoder.hiddenStates(tokens: prompt, cache: &cache)[prompt.count - 1]
      let winning = Tensor.concatenating([(100 * before).reshaped([1, 32]), Tensor.zeros([3, 32])])
      var generator = try TextGenerator(
        model, prompt: prompt, sampler: .greedy, signals: SignalEmission(signals, head: winning))
      guard case .signals(let states, let text) = try generator.next() else {
        Issue.record("no signals")
        return
      }
      #expect(text.isEmpty)
      expectClose(states, expected, 1e-5)
      #expect(generator.tokens == prompt)
      #expect(generator.cache.count == prompt.count + 4)

      var reluctant = try TextGenerator(
        model, prompt: prompt, sampler: .greedy, signals: SignalEmission(signals, head: -1 * winning))
      guard case .text = try reluctant.next() else {
        Issue.record("no text")
        return
      }
      var forced = try TextGenerator(
        model, prompt: prompt, sampler: .greedy, signals: SignalEmission(signals, head: -1 * winning))
      guard case .signals(let drawn, _) = try forced.forceSignals() else {
        Issue.record("no signals")
        return
      }
      expectClose(drawn, expected, 1e-5)
    }
  }
}
