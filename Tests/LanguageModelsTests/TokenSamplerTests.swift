import Foundation
import LanguageModels
import Testing

@Suite struct TokenSamplerTests {
  /// Probabilities .5, .25, .125, … of tokens 3, 1, 4, 0, 2.
  let logits: [Float] = [log(1 / 16), log(1 / 4), log(1 / 32), log(1 / 2), log(1 / 8)]

  func drawn(_ sampler: TokenSampler, recent: [Int] = []) -> Set<Int> {
    var sampler = sampler
    return Set((0..<4000).map { _ in sampler(logits, recent: recent) })
  }

  func sampler(
    temperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0, penalty: Float = 1
  ) -> TokenSampler {
    TokenSampler(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty, seed: 7)
  }

  @Test func greedyTakesTheFirstOfTheBest() {
    var greedy = TokenSampler.greedy
    #expect(greedy(logits) == 3)
    #expect(greedy([1, 2, 2]) == 1)
  }

  @Test func filtersKeepWhatTheySay() {
    #expect(drawn(sampler()) == [0, 1, 2, 3, 4])
    #expect(drawn(sampler(topK: 2)) == [3, 1])
    #expect(drawn(sampler(topK: 9)) == [0, 1, 2, 3, 4])
    #expect(drawn(sampler(topP: 0.5)) == [3])
    #expect(drawn(sampler(topP: 0.7)) == [3, 1])
    #expect(drawn(sampler(topP: 0)) == [3])
    #expect(drawn(sampler(minP: 0.2)) == [3, 1, 4])
    #expect(drawn(sampler(minP: 1)) == [3])
    // Temperature comes after the filters: it does not change what they keep.
    #expect(drawn(sampler(temperature: 100, topK: 3, topP: 0.7)) == [3, 1])
  }

  @Test func frequenciesFollowTemperature() {
    var sampler = sampler(temperature: 0.5, topK: 2)
    let draws = (0..<20000).map { _ in sampler(logits) }
    // .5² to .25²: four to one.
    #expect(abs(Double(draws.count { $0 == 3 }) / 20000 - 0.8) < 0.015)
  }

  @Test func seedsRepeat() {
    var (a, b, c) = (TokenSampler(seed: 3), TokenSampler(seed: 3), TokenSampler(seed: 4))
    let first = (0..<50).map { _ in a(logits) }
    #expect(first == (0..<50).map { _ in b(logits) })
    #expect(first != (0..<50).map { _ in c(logits) })
    var copy = a
    #expect((0..<50).map { _ in a(logits) } == (0..<50).map { _ in copy(logits) })
  }

  @Test func penaltyAvoidsWhatWasSaid() {
    var sampler = sampler(temperature: 0, penalty: 3)
    #expect(sampler(logits, recent: [3, 3]) == 1)
    sampler.repetitionWindow = 1
    #expect(sampler(logits, recent: [3, 1]) == 3)
    #expect(sampler(logits, recent: [-5, 900]) == 3)
  }

  @Test func impossibleTokensAreNeverDrawn() {
    var sampler = sampler()
    #expect((0..<200).allSatisfy { _ in sampler([-.infinity, 0, -.infinity]) == 1 })
  }
}
