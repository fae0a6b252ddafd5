import LanguageModels
import Tensors
import TestSupport
import Testing

@Suite struct TextGeneratorTests {
  let model: LanguageModel
  let prompt = Array(LanguageFixture.ids.prefix(6))

  init() throws { model = try LanguageFixture.model("llama-tied") }

  func written(_ generator: TextGenerator) throws -> (text: String, tokens: [Int], end: TextGenerator.End?) {
    var generator = generator
    var (text, tokens) = ("", [Int]())
    while let piece = try generator.next() {
      if case .text(let new, let token) = piece {
        text += new
        tokens.append(token)
      }
    }
    return (text, tokens, generator.end)
  }

  @Test func greedyEqualsTransformers() throws {
    let expected = try LanguageFixture.expected("llama-tied.greedy", [24]).floats.map { Int($0) }
    let result = try written(
      TextGenerator(model, prompt: prompt, sampler: .greedy, maximumTokens: 24, endTokens: []))
    #expect(result.tokens == expected)
    #expect(result.end == .lengthLimit)
    #expect(result.text == model.tokenizer.decode(expected, skipSpecialTokens: true))
  }

  @Test func stopsAtTokensAndLimits() throws {
    let all = try written(TextGenerator(model, prompt: prompt, sampler: .greedy, endTokens: []))
    #expect(all.end == .contextFull)
    #expect(all.tokens.count == 64 - prompt.count + 1)
    let last = try #require(all.tokens.dropFirst(3).first)
    let some = try written(TextGenerator(model, prompt: prompt, sampler: .greedy, endTokens: [last]))
    #expect(some.end == .endToken(last))
    #expect(some.tokens == Array(all.tokens[...all.tokens.firstIndex(of: last)!]))
    #expect(
      try written(TextGenerator(model, prompt: prompt, sampler: .greedy, maximumTokens: 0)).tokens.isEmpty)
    #expect(throws: LanguageModelError.emptyPrompt) {
      try TextGenerator(model, prompt: [], sampler: .greedy)
    }
    #expect(throws: LanguageModelError.promptTooLong(tokens: 65, context: 64)) {
      try TextGenerator(model, prompt: Array(repeating: 9, count: 65), sampler: .greedy)
    }
  }

  @Test func stopStringsEndBeforeThemselves() throws {
    let all = try written(
      TextGenerator(model, prompt: prompt, sampler: .greedy, maximumTokens: 20, endTokens: []))
    let scalars = Array(all.text.unicodeScalars)
    var stop = String.UnicodeScalarView()
    stop.append(contentsOf: scalars[4..<7])
    let result = try written(
      TextGenerator(
        model, prompt: prompt, sampler: .greedy, maximumTokens: 20, stopStrings: ["", String(stop)],
        endTokens: []))
    #expect(result.end == .stopString(String(stop)))
    #expect(all.text.utf8.starts(with: (result.text + String(stop)).utf8))
  }

  @Test func copiesGoOnAlike() throws {
    var generator = try TextGenerator(
      model, prompt: prompt, sampler: TokenSampler(temperature: 1, seed: 5), maximumTokens: 20, endTokens: [])
    for _ in 0..<5 { _ = try generator.next() }
    #expect(try written(generator).tokens == written(generator).tokens)
  }
}
