import ArgumentParser
import DiffusionModels
import Foundation
import Generation
import Samplers
import Tensors

extension RandomAlgorithm: ExpressibleByArgument {}
extension ScheduleName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

/// `gen "a girl reading"`: the command that is meant when none is named.
struct Draw: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Draw a picture from a prompt (the default).")

  @Argument(help: "What to draw.")
  var text: String?

  @Option(name: .shortAndLong, help: "What to draw, as an option.")
  var prompt: String?

  @Option(name: [.customShort("n"), .long], help: "What not to draw.")
  var negativePrompt: String?

  @Option(name: [.long, .customLong("step-count")], help: "Denoising steps.")
  var steps = 30

  @Option(
    name: [.long, .customLong("guidance-scale")],
    help: "How closely to follow the prompt; 1 is off (default: the model's own).")
  var cfgScale: Float?

  @Option(name: .shortAndLong, parsing: .unconditional, help: "Where the noise starts; negative: anywhere.")
  var seed: Int64 = 42

  @Option(
    name: [.customLong("sampler"), .customLong("sampling-method"), .customLong("scheduler")],
    help: "See `gen samplers` (default: the model's own).")
  var sampler: String?

  @Option(help: "Where the steps lie: \(ScheduleName.allCases.map(\.rawValue).joined(separator: ", ")).")
  var schedule: ScheduleName?

  @Option(help: "Noise that DDIM and TCD add at each step, 0 to 1.")
  var eta = 0.0

  @Option(name: [.customShort("W"), .long], help: "Pixels (default: what the model was trained at).")
  var width: Int?

  @Option(name: [.customShort("H"), .long], help: "Pixels (default: what the model was trained at).")
  var height: Int?

  @Option(
    name: [.customShort("b"), .long, .customLong("image-count")],
    help: "Pictures to draw, with seeds counting up.")
  var batchCount = 1

  @Option(
    name: [.customShort("i"), .customLong("init-img"), .customLong("image")],
    help: "A PNG to start from instead of noise; its size is the result's.")
  var initialImage: String?

  @Option(help: "How much of the picture to start from is drawn anew, 0 to 1.")
  var strength = 0.75

  @Option(help: "Whose random numbers the seed means: torch, cuda or numpy.")
  var rng = RandomAlgorithm.torch

  @Option(help: "The networks' arithmetic: f32, bf16 (faster, half the memory) or int8.")
  var precision = Precision.f32

  @Option(name: .shortAndLong, help: "Where to write; %03d becomes the picture's number.")
  var output = "output.png"

  @OptionGroup var document: DocumentOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let request = try request()
    guard (1...100_000).contains(batchCount) else {
      throw UsageError("--batch-count \(batchCount) is outside 1...100000")
    }
    let path = try OutputPath(output)
    try path.checkWritable(count: batchCount)

    let start = ContinuousClock().now
    let pipeline = try asUsage {
      let pipeline = try TextToImagePipeline(
        folder: model.folder, languageModel: model.languageModel, precision: precision,
        quiet: options.quiet)
      try pipeline.check(request)
      return pipeline
    }
    var phase = start
    options.log("loaded", since: &phase)
    var written: [Result.Image] = []
    var report = ProgressReport(label: "")
    try pipeline.generate(request, count: batchCount) { picture, event in
      try Interrupt.check()
      switch event {
      case .step(completed: 0, _):
        options.log(picture == 0 ? "read the prompt" : "started the next", since: &phase)
      case .decoding: options.log("denoised", since: &phase)
      default: break
      }
      guard !options.quiet, case .step(let completed, let total) = event else { return }
      if completed == 0 { report = ProgressReport(label: batchCount > 1 ? "\(picture + 1): " : "") }
      report.update(completed: completed, total: total)
    } finished: { result in
      let url = path.url(written.count)
      try PNGFile.write(result.picture, to: url, parameters: result.parameters.text)
      let image = Result.Image(
        path: url.path, seed: request.seed &+ UInt64(written.count), width: result.picture.width,
        height: result.picture.height)
      written.append(image)
      options.log("decoded and wrote", since: &phase)
      if !options.quiet && !options.json { print(url.relativePath) }
    }
    if options.json {
      try printJSON(
        Result(
          images: written, prompt: request.prompt, steps: request.stepCount,
          seconds: (ContinuousClock().now - start) / .seconds(1)))
    }
  }

  /// What `--json` prints.
  private struct Result: Encodable {
    struct Image: Encodable {
      let path: String
      let seed: UInt64
      let width: Int
      let height: Int
    }
    let images: [Image]
    let prompt: String
    let steps: Int
    let seconds: Double
  }

  private func request() throws -> GenerationRequest {
    let document = try document.prompt
    guard let words = text ?? prompt ?? document?.text else {
      throw UsageError("what shall it be? gen \"a girl reading\" (see gen draw --help)")
    }
    guard [text, prompt, document?.text].compactMap(\.self).count == 1 else {
      throw UsageError("give the prompt once: as an argument, by --prompt or by --document")
    }
    var request = GenerationRequest(prompt: words)
    request.document = document
    request.negativePrompt = negativePrompt
    request.stepCount = steps
    request.guidanceScale = cfgScale
    request.seed = seed < 0 ? UInt64.random(in: 0..<1 << 32) : UInt64(seed)
    request.width = width
    request.height = height
    request.sampler = sampler
    request.schedule = schedule
    request.eta = eta
    request.random = rng
    request.strength = strength
    request.initialPicture = try initialImage.map { try PNGFile.read(URL(filePath: $0)) }
    // A wrong name should not wait for the model to load.
    try asUsage { _ = try sampler.map(SamplerCatalog.sampler(named:)) }
    return request
  }
}
