import ArgumentParser
import Foundation
import Generation

/// `gen bench language`: how fast a language model reads and writes.
struct BenchLanguage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "language", abstract: "Time the language model: reading a prompt, and writing after it.")

  @Option(help: "Tokens to read.")
  var prompt = 512

  @Option(help: "Tokens to write after them.")
  var tokens = 128

  @Option(help: "How often to repeat what is timed.")
  var rounds = 5

  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let (prompt, tokens) = (
      try prompt.checked("--prompt", 1...100_000), try tokens.checked("--tokens", 1...100_000)
    )
    let rounds = try rounds.checked("--rounds", 1...1000)
    let file =
      try model.languageModel ?? LanguageModelSource.languageModel(of: model.folder, quiet: options.quiet)
    let report = try LanguageBenchmark(file).run(
      prompt: prompt, tokens: tokens, rounds: rounds, checkpoint: Interrupt.check)
    guard !options.json else { return try printJSON(report) }
    print("\(report.model), \(report.threads) threads, medians of \(rounds)")
    for (what, speed, spread) in [
      ("reading \(prompt) tokens", report.readTokensPerSecond, report.readSpread),
      ("writing \(tokens) tokens", report.writtenTokensPerSecond, report.writtenSpread),
    ] {
      print(
        "\(what): \(String(format: "%.0f tokens/s (fastest round %.2f times the slowest)", speed, spread))")
    }
  }
}
