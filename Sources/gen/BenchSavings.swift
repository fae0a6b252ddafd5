import ArgumentParser
import Foundation
import Generation
import Tensors

/// `gen bench savings`: how much faster the ways to save steps' work are, and how far the picture then is.
struct BenchSavings: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "savings",
    abstract: "Time DeepCache, token merging and less guidance, and say how they change a picture.")

  @Option(name: .shortAndLong, help: "What to draw.")
  var prompt = "a girl reading"

  @Option(help: "Steps of the model's sampler.")
  var steps = 30

  @Option(name: .shortAndLong, parsing: .unconditional, help: "The seed of the noise.")
  var seed: Int64 = 42

  @OptionGroup var size: SizeOptions

  @Option(help: "The networks' arithmetic: f32, bf16 or int8.")
  var precision = Precision.f32

  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    var request = GenerationRequest(prompt: prompt)
    (request.stepCount, request.seed) = (steps, seed.seed)
    (request.width, request.height) = (size.width, size.height)
    var pipelineOptions = PipelineOptions()
    pipelineOptions.languageModel = model.languageModel
    pipelineOptions.isQuiet = options.quiet
    pipelineOptions.precision = precision
    pipelineOptions.checkpoint = { try Interrupt.check() }
    let benchmark = try asUsage {
      try StepSavingBenchmark(TextToImagePipeline(model.files(), pipelineOptions), request)
    }
    if !options.json { print("                           s   × faster   latents off by   levels of 255") }
    var rows: [StepSavingBenchmark.Row] = []
    try benchmark.run { row in
      rows.append(row)
      guard !options.json else { return }
      print(
        row.options.padding(toLength: 20, withPad: " ", startingAt: 0)
          + String(
            format: "%8.3f %10.2f %15.1f%% %15.2f", row.seconds, row.speedup, 100 * row.latentError,
            row.pictureError))
    }
    if options.json { try printJSON(rows) }
  }
}
