import Alignment
import ArgumentParser
import Foundation
import Projectors
import Training

extension ProjectorKind: ExpressibleByArgument {}
extension NullCondition: ExpressibleByArgument {}
extension AlignmentLoss: ExpressibleByArgument {}

/// `gen align`: another language model for a diffusion model.
struct Align: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Train a projector so that another language model drives a model's pictures, on captions alone.",
    discussion: """
      The language model and the diffusion model stay as they are. Signal tokens and a projector are trained until they
      give the conditioning that the model is used to: that of its own language model, or of its CLIP text encoder.

      gen align --llm other.gguf --captions captions.txt -o my-model
      gen "a red car" --model my-model

      Ctrl-C stops between two steps; the same command goes on from there and ends as if it had not been stopped. How it
      went is in my-model/alignment: report.json and loss.svg.
      """)

  @Option(help: "A text file with a caption on each line.")
  var captions: String

  @Option(name: .shortAndLong, help: "The folder to make.")
  var output: String

  @OptionGroup var model: ModelOptions

  @Option(help: "Run this many of the language model's layers (default: all).")
  var llmLayers: Int?

  @OptionGroup(title: "The projector") var shape: ProjectorOptions
  @OptionGroup(title: "The training") var training: TrainingOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    var request = AlignmentRequest(
      teacher: try model.folder, captions: URL(filePath: captions), output: URL(filePath: output))
    request.languageModel = model.languageModel
    request.layers = llmLayers
    shape.apply(to: &request)
    training.apply(to: &request)
    let start = ContinuousClock().now
    let report = try asUsage {
      let alignment = try Alignment(request)
      var progress = AlignmentProgress(isQuiet: options.quiet)
      return try alignment.run(quiet: options.quiet) { event in
        progress.update(event)
        try Interrupt.check()
      }
    }
    if options.json {
      let seconds = (ContinuousClock().now - start) / .seconds(1)
      try printJSON(Result(output: request.output.path, report: report, seconds: seconds))
    } else if !options.quiet {
      print(Self.summary(report))
      print(request.output.relativePath)
    }
  }

  private struct Result: Encodable {
    let output: String
    let report: AlignmentReport
    let seconds: Double
  }

  private static func summary(_ report: AlignmentReport) -> String {
    func row(_ name: String, _ m: AlignmentReport.Measures) -> String {
      String(format: "%@  %6.3f  %8.3f  %5.3f", name, m.cosine, m.centeredCosine, m.error)
    }
    return """
      on \(report.heldOut) captions held out, after step \(report.bestStep) of \(report.steps):
                          cosine  centered  error
      \(row("this model        ", report.student))
      \(row("always the mean   ", report.mean))
      """
  }

  private func asUsage<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch AlignmentError.request(let what) {
      throw UsageError(what)
    }
  }
}

/// What the new projector is like.
struct ProjectorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Its class: \(ProjectorKind.allCases.map(\.rawValue).joined(separator: ", ")) "
        + "(default: the model's own, or GILLMapper).", valueName: "class"))
  var projector: ProjectorKind?

  @Option(help: "Its width (default: 512; MiniGPT5Projector and MetaQueryConnector: the conditioning's).")
  var width: Int?

  @Option(help: "Its layers, in the encoder and in the decoder each (default: 4; MetaQueryConnector: 3).")
  var depth: Int?

  @Option(help: "Its attention heads (default: one for each 64 channels).")
  var heads: Int?

  @Option(help: "The width inside its layers (default: 4 times its width).")
  var ffn: Int?

  @Option(
    help:
      "Signal tokens (default: 8; NExTGPTProjector: 4; LinearProjector, MetaQueryConnector: the conditioning's length)."
  )
  var signals: Int?

  @Option(help: "What the language model reads, with {prompt} in it and {signals} at its end.")
  var template: String?

  @Option(
    name: .customLong("null"),
    help: ArgumentHelp(
      "What stands for no prompt: learned (the model's own, taken over), zeros (trained by dropping captions) or text "
        + "(CLIP's; Stable Diffusion only) (default: learned; MiniGPT5Projector: zeros).",
      valueName: "condition"))
  var null: NullCondition?

  func apply(to request: inout AlignmentRequest) {
    request.projector = projector
    request.width = width
    request.depth = depth
    request.heads = heads
    request.feedForward = ffn
    request.signals = signals
    request.template = template
    request.nullCondition = null
  }
}

/// How it is trained.
struct TrainingOptions: ParsableArguments {
  @Option(help: "Updates at most.")
  var steps = 400

  @Option(help: "Captions in each update.")
  var batchSize = 16

  @Option(help: "The learning rate at its highest.")
  var learningRate = 1e-3

  @Option(help: "Updates over which the rate rises (default: a tenth, at most 50); then it falls to a tenth.")
  var warmUp: Int?

  @Option(help: "AdamW's weight decay.")
  var weightDecay = 0.01

  @Option(help: "The share of captions replaced by no prompt, for --null zeros (default: 0.1).")
  var captionDropout: Double?

  @Option(help: "What is made small: mse, or l2, the mean distance of tokens, as GILL and NExT-GPT have it.")
  var loss = AlignmentLoss.mse

  @Flag(help: "Train the projector alone: faster, and for any language model.")
  var freezeSignals = false

  @Option(help: "Captions to judge by and not to learn from (default: a tenth, at most 100).")
  var heldOut: Int?

  @Option(help: "Updates between two evaluations on them, each of which saves the training.")
  var evaluateEvery = 25

  @Option(help: "Evaluations without an improvement after which to end.")
  var patience = 8

  @Option(name: .shortAndLong, help: "Where the training starts.")
  var seed: UInt64 = 42

  func apply(to request: inout AlignmentRequest) {
    request.steps = steps
    request.batchSize = batchSize
    request.learningRate = learningRate
    request.warmUp = warmUp
    request.weightDecay = weightDecay
    request.captionDropout = captionDropout
    request.loss = loss
    request.trainsSignals = !freezeSignals
    request.heldOut = heldOut
    request.evaluateEvery = evaluateEvery
    request.patience = patience
    request.seed = seed
  }
}

/// A line for each part of the work: captions read, then steps with their loss and the time left.
private struct AlignmentProgress {
  let isQuiet: Bool
  private var report = ProgressReport(label: "")
  private var lastHeldOut: Double?

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  mutating func update(_ event: Alignment.Event) {
    guard !isQuiet else { return }
    switch event {
    case .teacherRead(let completed, let total):
      if completed == 0 { report = ProgressReport(label: "teacher's captions ") }
      report.update(completed: completed, total: total)
    case .captionsRead(let completed, let total):
      if completed == 0 { report = ProgressReport(label: "captions ") }
      report.update(completed: completed, total: total)
    case .started(let step, let total, let captions, let heldOut):
      let beginning = step > 0 ? "goes on after step \(step)" : "learns from \(captions) captions"
      printError("\(beginning); \(heldOut) are held out")
      report = ProgressReport(label: "step ", from: step)
      report.update(completed: step, total: total)
    case .step(let completed, let total, let loss, let heldOut):
      var note = String(format: "  loss %.3f", loss)
      if let heldOut { note += String(format: "  held out %.3f", heldOut) }
      report.update(completed: completed, total: total, note: note, isNews: heldOut != lastHeldOut)
      lastHeldOut = heldOut
    }
  }
}
