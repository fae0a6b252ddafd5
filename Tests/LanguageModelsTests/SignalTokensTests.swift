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
      guard case .picture(textBefore: "") = try generator.next() else {
        Issue.record("no picture")
        return
      }
      // In a branch that repeats nothing, the states are those in the text, and the text has not read them.
      let branched = try #require(try generator.signalStates(after: Array(prompt.suffix(1))))
      #expect(branched.shape == [4, 32])
      #expect(generator.cache.count == prompt.count)
      expectClose(try #require(try generator.readSignals()), expected, 1e-5)
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
      expectClose(try #require(try forced.readSignals()), expected, 1e-5)
      var silenced = try TextGenerator(
        model, prompt: prompt, sampler: .greedy, signals: SignalEmission(signals, head: winning))
      guard case .text = try silenced.next(mayDraw: false) else {
        Issue.record("no text")
        return
      }
    }
  }

  /// The first layers read what all of them have written.
  @Test func aReaderOfFewerLayers() throws {
    let reader = try model.keeping(layers: 1)
    for offset in [0, -1] {
      let signals = try SignalTokens(names: names, embeddings: rows, offset: offset, model: model)
      let emission = try SignalEmission(signals, head: Tensor.zeros([4, 32]))
      let ids = Array(LanguageFixture.ids.prefix(14))
      func generator(
        _ model: LanguageModel, _ reader: LanguageModel?, _ prompt: [Int]
      ) throws -> TextGenerator {
        try TextGenerator(
          model, reader: reader, prompt: prompt, sampler: .greedy, endTokens: [], signals: emission)
      }
      var short = try generator(reader, nil, ids)
      let expected = (try #require(try short.readSignals()), try #require(try short.readSignals()))
      var branching = try generator(model, reader, Array(ids[0..<8]))
      expectClose(try #require(try branching.signalStates(after: Array(ids[8...]))), expected.0, 1e-5)
      var whole = try generator(model, reader, ids)
      expectClose(try #require(try whole.readSignals()), expected.0, 1e-5)
      expectClose(try #require(try whole.readSignals()), expected.1, 1e-5)
      var plain = try generator(model, nil, ids)
      for _ in 0..<2 { _ = try plain.readSignals() }
      for _ in 0..<3 { _ = (try whole.next(mayDraw: false), try plain.next(mayDraw: false)) }
      #expect(whole.tokens == plain.tokens && whole.tokens.count == ids.count + 3)
    }
  }

  /// A branch after a cue gives what a fresh run over text, cue and signals gives.
  @Test func aBranchLeavesTheTextAlone() throws {
    for offset in [0, -1] {
      let signals = try SignalTokens(names: names, embeddings: rows, offset: offset, model: model)
      let emission = try SignalEmission(signals, head: Tensor.zeros([4, 32]))
      let ids = Array(LanguageFixture.ids.prefix(14))
      var generator = try TextGenerator(
        model, prompt: Array(ids[0..<8]), sampler: .greedy, endTokens: [], signals: emission)
      var untouched = generator
      let branched = try #require(try generator.signalStates(after: Array(ids[8...])))
      var fresh = try TextGenerator(model, prompt: ids, sampler: .greedy, signals: emission)
      expectClose(branched, try #require(try fresh.readSignals()), 1e-5)
      for _ in 0..<3 { _ = (try generator.next(mayDraw: false), try untouched.next(mayDraw: false)) }
      #expect(generator.tokens == untouched.tokens && generator.tokens.count == 11)
      #expect(try generator.signalStates(after: Array(repeating: 9, count: 60)) == nil)
    }
  }

  /// Going through recorded choices leaves the sampler where it was, so that the text goes on alike.
  @Test func recordedChoicesGoOnAlike() throws {
    let signals = try SignalTokens(names: names, embeddings: rows, model: model)
    let prompt = Array(LanguageFixture.ids.prefix(6))
    let start = try TextGenerator(
      model, prompt: prompt, sampler: TokenSampler(temperature: 1.5, topK: 0, seed: 3), endTokens: [],
      signals: SignalEmission(signals, head: Tensor(repeating: 0.1, shape: [4, 32])))
    var first = start
    var choices: [TextGenerator.Choice] = []
    for index in 0..<16 {
      switch try first.next(mayDraw: index % 2 == 0) {
      case .text(_, let token): choices.append(.token(token))
      case .picture: choices.append(.picture)
      case nil: Issue.record("ended")
      }
    }
    var second = start
    for index in 0..<8 { _ = try second.next(mayDraw: index % 2 == 0, recorded: choices[index]) }
    for index in 8..<16 {
      switch try second.next(mayDraw: index % 2 == 0) {
      case .text(_, let token): #expect(choices[index] == .token(token))
      case .picture: #expect(choices[index] == .picture)
      case nil: Issue.record("ended")
      }
    }
    #expect(throws: LanguageModelError.unknownToken(-1, vocabularySize: model.decoder.vocabularySize)) {
      _ = try second.next(recorded: .token(-1))
    }
  }
}
