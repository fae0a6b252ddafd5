import Foundation

/// Chooses the next token from logits. The filters run in the order of llama.cpp's default chain: repetition penalty,
/// top-k, top-p, min-p, temperature, draw. A copy draws what the original would.
public struct TokenSampler: Sendable {
  /// 0 chooses the most likely token.
  public var temperature: Float
  /// Keeps the k most likely tokens; 0 keeps all.
  public var topK: Int
  /// Keeps the most likely tokens that together reach this probability; 1 keeps all.
  public var topP: Float
  /// Keeps tokens with at least this share of the best one's probability; 0 keeps all.
  public var minP: Float
  /// Divides (or, below zero, multiplies) the logits of recent tokens; 1 does nothing.
  public var repetitionPenalty: Float
  /// How many tokens count as recent.
  public var repetitionWindow: Int
  private var random: SplitMix64

  public init(
    temperature: Float = 0.8, topK: Int = 40, topP: Float = 0.95, minP: Float = 0.05,
    repetitionPenalty: Float = 1, repetitionWindow: Int = 64, seed: UInt64
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.repetitionWindow = repetitionWindow
    random = SplitMix64(seed: seed)
  }

  /// Always the most likely token, the first of equals.
  public static let greedy = TokenSampler(temperature: 0, seed: 0)

  /// - Parameters:
  ///   - logits: one for each token, at least one of them above −∞.
  ///   - recent: the tokens so far, oldest first.
  public mutating func callAsFunction(_ logits: [Float], recent: [Int] = []) -> Int {
    var logits = logits
    penalize(&logits, recent.suffix(max(0, repetitionWindow)))
    if temperature <= 0 { return greatest(logits) }
    var candidates = mostLikely(logits)
    keepTopP(&candidates)
    let threshold = candidates[0].logit + (minP > 0 ? log(minP) : -.infinity)
    candidates.removeAll { $0.logit < threshold }
    let weights = candidates.map { exp(Double($0.logit - candidates[0].logit) / Double(temperature)) }
    var left = random.unit() * weights.reduce(0, +)
    for (candidate, weight) in zip(candidates, weights) {
      left -= weight
      if left < 0 { return candidate.id }
    }
    return candidates[0].id
  }

  private typealias Candidate = (id: Int, logit: Float)

  private func penalize(_ logits: inout [Float], _ recent: ArraySlice<Int>) {
    guard repetitionPenalty != 1 else { return }
    for id in Set(recent) where logits.indices.contains(id) {
      logits[id] = logits[id] > 0 ? logits[id] / repetitionPenalty : logits[id] * repetitionPenalty
    }
  }

  /// The best k, most likely first, the first of equals.
  private func mostLikely(_ logits: [Float]) -> [Candidate] {
    let possible = logits.enumerated().lazy.filter { $0.element > -.infinity }.map {
      (id: $0.offset, logit: $0.element)
    }
    guard topK > 0 else { return possible.sorted { ($1.logit, $0.id) < ($0.logit, $1.id) } }
    var best = [Candidate]()
    for candidate in possible where best.count < topK || candidate.logit > best[topK - 1].logit {
      if best.count == topK { best.removeLast() }
      let place = best.lastIndex { $0.logit >= candidate.logit }.map { $0 + 1 } ?? 0
      best.insert(candidate, at: place)
    }
    return best
  }

  private func greatest(_ logits: [Float]) -> Int {
    var best = 0
    for i in logits.indices where logits[i] > logits[best] { best = i }
    return best
  }

  private func keepTopP(_ candidates: inout [Candidate]) {
    guard topP < 1 else { return }
    let weights = candidates.map { exp(Double($0.logit - candidates[0].logit)) }
    let goal = Double(topP) * weights.reduce(0, +)
    var sum = 0.0
    let kept =
      weights.firstIndex {
        sum += $0; return sum >= goal
      } ?? candidates.count - 1
    candidates.removeSubrange((kept + 1)...)
  }
}
