import ArgumentParser

/// Measurements that anybody can repeat.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure samplers.", subcommands: [BenchSamplers.self])
}
