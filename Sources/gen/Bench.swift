import ArgumentParser

/// `gen bench …`: what is measured rather than drawn.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed and quality.",
    subcommands: [
      BenchSamplers.self, BenchSpeed.self, BenchSavings.self, BenchLanguage.self,
    ])
}
