import ArgumentParser
import DiffusionModels
import Foundation
import Generation
import Samplers
import Tensors

extension RandomAlgorithm: ExpressibleByArgument {}
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

  @OptionGroup var size: SizeOptions

  @Option(
    name: [.customShort("b"), .long, .customLong("image-count")],
    help: "Pictures to draw, with seeds counting up.")
  var batchCount = 1

  @Option(help: "Whose random numbers the seed means: torch, cuda or numpy.")
  var rng = RandomAlgorithm.torch

  @Option(help: "The networks' arithmetic: f32, bf16 (faster, half the memory) or int8.")
  var precision = Precision.f32

  @Option(name: .shortAndLong, help: "Where to write; %03d becomes the picture's number.")
  var output = "output.png"

  @OptionGroup var picture: PictureOptions
  @OptionGroup var guidance: GuidanceOptions
  @OptionGroup var stepSaving: StepSavingOptions
  @OptionGroup var decoding: DecodingOptions
  @OptionGroup var preview: PreviewOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var levels: LevelOptions
  @OptionGroup var document: DocumentOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var extras: ModelExtras
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let request = try request()
    let path = try OutputPath(output)
    try path.checkWritable(count: batchCount)

    let start = ContinuousClock().now
    var drawing = Drawing(
      request, count: batchCount, to: path, preview: preview.previewPath.map { URL(filePath: $0) }, options)
    let pipeline = try asUsage {
      let files = try model.files(extras.choices)
      var options = try pipelineOptions(files)
      try memory.fit(request, count: batchCount, files, &options, self.options)
      let pipeline = try TextToImagePipeline(files, options)
      try pipeline.check(request)
      return pipeline
    }
    drawing.log("loaded")
    do {
      try pipeline.generate(request, count: batchCount) {
        try drawing.report($0, $1)
      } finished: {
        try drawing.finish($0)
      }
    } catch {
      drawing.reportKept()
      throw error
    }
    if options.verbose, !options.quiet, let peak = SystemMemory.peakResident {
      printError("held \(gigabytes(peak)) at most")
    }
    if options.json {
      try printJSON(
        Result(
          images: drawing.written, prompt: request.prompt, steps: request.stepCount,
          seconds: (ContinuousClock().now - start) / .seconds(1)))
    }
  }

  /// What `--json` prints.
  private struct Result: Encodable {
    let images: [Drawing.Image]
    let prompt: String
    let steps: Int
    let seconds: Double
  }

  /// How the model is loaded and its latents decoded.
  func pipelineOptions(_ files: ModelFiles) throws -> PipelineOptions {
    var result = PipelineOptions()
    result.languageModel = model.languageModel
    result.isQuiet = options.quiet
    result.precision = precision
    try decoding.apply(to: &result, files)
    try preview.apply(to: &result)
    try picture.apply(to: &result)
    return result
  }

  func request(needsPrompt: Bool = true) throws -> GenerationRequest {
    try batchCount.checked("--batch-count", 1...100_000)
    let document = try document.prompt
    guard let words = text ?? prompt ?? document?.text ?? (needsPrompt ? nil : "") else {
      throw UsageError("what shall it be? gen \"a girl reading\" (see gen draw --help)")
    }
    guard [text, prompt, document?.text].compactMap(\.self).count <= 1 else {
      throw UsageError("give the prompt once: as an argument, by --prompt or by --document")
    }
    var request = GenerationRequest(prompt: words)
    request.document = document
    request.negativePrompt = negativePrompt
    request.promptOptions = try extras.promptOptions
    request.stepCount = steps
    request.guidanceScale = cfgScale
    request.guidance = guidance.settings
    request.stepSaving = stepSaving.settings
    request.seed = seed.seed
    (request.width, request.height) = (size.width, size.height)
    request.sampler = sampler
    request.schedule = schedule
    request.eta = eta
    request.levels = levels.choices
    request.random = rng
    try picture.apply(to: &request)
    // A wrong name should not wait for the model to load.
    try asUsage { _ = try sampler.map(SamplerCatalog.sampler(named:)) }
    return request
  }
}
