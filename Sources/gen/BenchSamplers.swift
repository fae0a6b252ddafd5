import ArgumentParser
import Foundation
import Generation
import Samplers

struct BenchSamplers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samplers",
    abstract: "Compare samplers at equal numbers of evaluations of the network.",
    discussion: """
      Writes journal.jsonl, results.json, results.csv, results.md, error.svg and sheet.png into the output folder. A run \
      that was stopped goes on where it was when the same command is given again; samplers and budgets may be added.
      """)

  @Option(name: .shortAndLong, help: "A prompt; may be given several times (default: four).")
  var prompt: [String] = []

  @Option(help: "A file with a prompt on each line.")
  var prompts: String?

  @Option(parsing: .unconditional, help: "Seeds, with commas.")
  var seeds = "0"

  @Option(help: "Samplers, with commas (default: all).")
  var samplers: String?

  @Option(help: "Numbers of evaluations, with commas.")
  var nfe = "5,10,20,50"

  @Option(help: "A schedule for the samplers that have it (default: the same levels for all, even in time).")
  var schedule: ScheduleName?

  @Option(help: "Without --schedule: the noisiest level at which runs start.")
  var maxSigma = BenchmarkSettings().maximumSigma

  @Option(help: "Steps of the solution that is taken for exact, at most.")
  var referenceSteps = BenchmarkSettings().referenceSteps

  @Option(help: "Samples from which the distance of distributions is estimated.")
  var points = BenchmarkSettings().points

  @Option(
    name: [.long, .customLong("guidance-scale")],
    help: "How closely to follow the prompts; 1 is off (default: the model's own).")
  var cfgScale: Float?

  @Flag(name: .long, help: "Also measure a step beside the network, at 64x64x4.")
  var overhead = false

  @Option(name: .shortAndLong, help: "The folder to write into.")
  var output = "benchmark"

  @Flag(name: .long, help: "Print the results as comma-separated values.")
  var csv = false

  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    guard !(csv && options.json) else { throw UsageError("--csv and --json exclude each other") }
    let settings = try asUsage { try self.settings().checked() }
    let folder = URL(filePath: output)
    var pipelineOptions = PipelineOptions()
    pipelineOptions.languageModel = model.languageModel
    pipelineOptions.isQuiet = options.quiet
    pipelineOptions.checkpoint = { try Interrupt.check() }
    let pipeline = try TextToImagePipeline(model.files(), pipelineOptions)
    let benchmark = try asUsage { try SamplerBenchmark(settings, pipeline: pipeline, folder: folder) }
    var report = ProgressReport(label: "")
    let isQuiet = options.quiet
    let results = try asUsage {
      try benchmark.run { progress in
        try Interrupt.check()
        if !isQuiet {
          report.update(completed: progress.completed, total: progress.total, note: "  \(progress.label)")
        }
      }
    }
    try benchmark.write(results, to: folder)
    if options.json {
      try printJSON(results)
    } else if csv {
      print(results.csv, terminator: "")
    } else if !options.quiet {
      print(results.table, terminator: "")
    }
  }

  private func settings() throws -> BenchmarkSettings {
    var settings = BenchmarkSettings()
    guard prompt.isEmpty || prompts == nil else {
      throw UsageError("--prompt and --prompts exclude each other")
    }
    if !prompt.isEmpty { settings.prompts = prompt }
    if let prompts {
      guard let text = try? String(contentsOf: URL(filePath: prompts), encoding: .utf8) else {
        throw OutputError("\(prompts): cannot be read as text")
      }
      settings.prompts = text.split(whereSeparator: \.isNewline).map(String.init).filter {
        !$0.allSatisfy(\.isWhitespace)
      }
      guard !settings.prompts.isEmpty else { throw UsageError("\(prompts): has no prompts") }
    }
    settings.seeds = try list(seeds, "--seeds") { UInt64($0) }
    settings.evaluations = try list(nfe, "--nfe") { Int($0) }
    if let samplers { settings.samplers = try list(samplers, "--samplers") { $0 } }
    settings.schedule = schedule
    settings.maximumSigma = maxSigma
    settings.referenceSteps = referenceSteps
    settings.points = points
    settings.guidanceScale = cfgScale
    settings.measuresOverhead = overhead
    return settings
  }

  private func list<T>(_ text: String, _ option: String, _ value: (String) -> T?) throws -> [T] {
    let items = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
      !$0.isEmpty
    }
    guard !items.isEmpty else { throw UsageError("\(option): there is nothing in '\(text)'") }
    return try items.map {
      guard let value = value($0) else { throw UsageError("\(option): '\($0)' is not a number from 0 up") }
      return value
    }
  }
}
