import Foundation
import LanguageModels
import Tensors

/// Times a language model: reading a prompt in one pass, and writing token by token after it.
public struct LanguageBenchmark {
  /// Medians of the rounds, with their spread.
  public struct Report: Sendable, Encodable {
    public let model: String
    public let threads: Int
    public let promptTokens: Int
    public let writtenTokens: Int
    public let readTokensPerSecond: Double
    public let writtenTokensPerSecond: Double
    /// Fastest round over slowest.
    public let readSpread: Double
    public let writtenSpread: Double
  }

  private let model: LanguageModel
  private let name: String

  public init(_ url: URL) throws {
    model = try LanguageModel(contentsOf: url)
    name = url.lastPathComponent
  }

  /// - Parameters:
  ///   - prompt: tokens to read.
  ///   - tokens: tokens to write after them.
  ///   - rounds: timed after one that is not.
  public func run(prompt: Int, tokens: Int, rounds: Int, checkpoint: () throws -> Void) throws -> Report {
    let decoder = model.decoder
    guard prompt + tokens <= decoder.contextLength else {
      throw LanguageModelError.promptTooLong(tokens: prompt + tokens, context: decoder.contextLength)
    }
    // Which tokens they are does not change how long it takes.
    let ids = (0..<prompt).map { ($0 * 7 + 100) % decoder.vocabularySize }
    var (reads, writes): ([Double], [Double]) = ([], [])
    for round in 0...rounds {
      try checkpoint()
      var cache = decoder.makeCache()
      let start = ContinuousClock.now
      var states = try decoder.hiddenStates(tokens: ids, cache: &cache)
      let read = ContinuousClock.now
      for token in 0..<tokens {
        _ = try decoder.nextTokenLogits(states[states.shape[0] - 1])
        states = try decoder.hiddenStates(tokens: [(token + 100) % decoder.vocabularySize], cache: &cache)
      }
      let end = ContinuousClock.now
      guard round > 0 else { continue }
      reads.append(Double(prompt) / ((read - start) / .seconds(1)))
      writes.append(Double(tokens) / ((end - read) / .seconds(1)))
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    func spread(_ values: [Double]) -> Double { (values.max() ?? 1) / (values.min() ?? 1) }
    return Report(
      model: name, threads: ThreadPool.threadCount, promptTokens: prompt, writtenTokens: tokens,
      readTokensPerSecond: median(reads), writtenTokensPerSecond: median(writes), readSpread: spread(reads),
      writtenSpread: spread(writes))
  }
}
