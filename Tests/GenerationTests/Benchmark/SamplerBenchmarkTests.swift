import Foundation
import Samplers
import TestSupport
import Testing

@testable import Generation

@Suite struct SamplerBenchmarkTests {
  private static let settings: BenchmarkSettings = {
    var settings = BenchmarkSettings()
    settings.prompts = ["a girl", "a fox"]
    settings.samplers = ["ddim", "euler", "heun", "euler_a", "DPM++ 2M"]
    settings.evaluations = [8, 4]
    settings.referenceSteps = 48
    settings.points = 64
    return settings
  }()

  private func benchmark(
    _ folder: URL, _ change: (inout BenchmarkSettings) -> Void = { _ in }
  ) throws -> SamplerBenchmark {
    var settings = Self.settings
    change(&settings)
    return try SamplerBenchmark(settings, pipeline: pipeline("signal"), folder: folder)
  }

  /// What does not depend on the clock.
  private func values(_ results: BenchmarkResults) -> [String] {
    results.rows.map { "\($0.sampler) \($0.steps) \($0.evaluations) \($0.error ?? -1) \($0.distance ?? -1)" }
  }

  @Test func errorsFallWithTheEvaluations() throws {
    try withTemporaryFolder { folder in
      let results = try benchmark(folder).run()
      #expect(results.budgets == [4, 8])
      #expect(
        results.rows.map(\.sampler) == ["ddim", "euler", "heun", "euler_a", "dpm++2m"].flatMap { [$0, $0] })
      for name in ["ddim", "euler", "heun", "dpm++2m"] {
        let errors = results.rows.filter { $0.sampler == name }.compactMap(\.error)
        #expect(errors.count == 2 && errors[1] < errors[0] && errors[1] > 0, "\(name): \(errors)")
      }
      // Heun takes two evaluations for each step.
      #expect(results.rows.filter { $0.sampler == "heun" }.map(\.steps) == [2, 4])
      #expect(results.rows.allSatisfy { $0.evaluations <= Double($0.budget) && $0.seconds > 0 })
      // A stochastic sampler has no right answer but a distribution.
      let stochastic = results.rows.filter { $0.sampler == "euler_a" }
      #expect(stochastic.allSatisfy { $0.error == nil && $0.distance != nil && !$0.isComparable })
      let half = try #require(results.reference.differenceOfHalf)
      #expect(half < results.rows.compactMap(\.error).min() ?? 0)
    }
  }

  @Test func aRunThatWasStoppedGoesOn() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let whole = try benchmark(folder.appending(path: "whole")).run()
      let interrupted = folder.appending(path: "interrupted")
      var rounds = 0
      var results: BenchmarkResults?
      while results == nil, rounds < 100 {
        rounds += 1
        var calls = 0
        do {
          results = try benchmark(interrupted).run { _ in
            calls += 1
            if calls > 70 { throw Stop() }
          }
        } catch is Stop {
          // As if the process had been killed in the middle of a line.
          let journal = interrupted.appending(path: "journal.jsonl")
          let data = try Data(contentsOf: journal)
          try (data + Data(#"{"key":"ddim 4"#.utf8)).write(to: journal)
        }
      }
      #expect(rounds > 2)
      #expect(try values(#require(results)) == values(whole))
      // Nothing is left to be done.
      var calls = 0
      let again = try benchmark(interrupted).run { _ in calls += 1 }
      #expect(calls == 0 && values(again) == values(whole))
      #expect(again.csv == results?.csv)
    }
  }

  @Test func samplersMayBeAdded() throws {
    try withTemporaryFolder { folder in
      _ = try benchmark(folder) { $0.samplers = ["ddim"] }.run()
      var labels: Set<String> = []
      let results = try benchmark(folder) { $0.samplers = ["ddim", "euler"] }.run { labels.insert($0.label) }
      #expect(results.rows.count == 4)
      #expect(!labels.contains { $0.hasPrefix("reference") || $0.hasPrefix("ddim") })
    }
  }

  @Test func otherSettingsNeedAnotherFolder() throws {
    try withTemporaryFolder { folder in
      _ = try benchmark(folder)
      func fault(_ change: (inout BenchmarkSettings) -> Void) -> String {
        message { _ = try benchmark(folder, change) } ?? ""
      }
      #expect(fault { _ in } == "")
      #expect(fault { $0.prompts = ["a cat"] }.contains("other prompts"))
      #expect(fault { $0.seeds = [1] }.contains("other seeds"))
      #expect(fault { $0.schedule = .karras }.contains("schedule none"))
      #expect(fault { $0.guidanceScale = 2 }.contains("guidance scale 7.5"))
      #expect(fault { $0.referenceSteps = 9 }.contains("48 reference steps"))
      let other = try ModelFolder.with("signal") { model -> String? in
        // As a model of the same name that was trained further.
        try model.change("projector/config.json", ["prompt_template": "{prompt} {signals}"])
        let pipeline = try TextToImagePipeline(folder: model.url)
        return message { _ = try SamplerBenchmark(Self.settings, pipeline: pipeline, folder: folder) }
      }
      #expect(other?.contains("other weights of signal") == true)
    }
  }

  @Test func foreignFoldersAreLeftAlone() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "letter.txt")
      try Data("dear".utf8).write(to: file)
      #expect(message { _ = try benchmark(folder) }?.contains("not a benchmark's") == true)
      #expect(message { _ = try benchmark(file) }?.contains("is a file") == true)
      #expect(try contents(of: folder) == ["letter.txt"])
      try Data("dear\n".utf8).write(to: folder.appending(path: "journal.jsonl"))
      #expect(message { _ = try benchmark(folder) }?.contains("journal") == true)
    }
  }

  @Test func everythingIsWritten() throws {
    try withTemporaryFolder { folder in
      let benchmark = try benchmark(folder) { $0.measuresOverhead = true }
      let results = try benchmark.run()
      try benchmark.write(results, to: folder)
      #expect(
        try contents(of: folder) == [
          "error.svg", "journal.jsonl", "results.csv", "results.json", "results.md", "sheet.png",
        ])
      let read = try JSONDecoder().decode(
        BenchmarkResults.self, from: Data(contentsOf: folder.appending(path: "results.json")))
      #expect(values(read) == values(results))
      #expect(results.rows.allSatisfy { ($0.overhead ?? 0) > 0 })
      let sheet = try PNGFile.read(folder.appending(path: "sheet.png"))
      #expect(sheet.width > 2 * 64 && sheet.height > 6 * 64)
    }
  }
}
