import ArgumentParser
import Generation
import Samplers
import Tensors

/// How the pictures of a text are drawn.
struct StoryDrawingOptions: ParsableArguments {
  @Option(name: [.long, .customLong("step-count")], help: "Denoising steps of each picture.")
  var steps = 30

  @Option(
    name: [.long, .customLong("guidance-scale")],
    help: "How closely to follow the text; 1 is off (default: the model's own).")
  var cfgScale: Float?

  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: "Where the choices and the first picture's noise start; negative: anywhere.")
  var seed: Int64 = 42

  @Option(
    name: [.customLong("sampler"), .customLong("sampling-method"), .customLong("scheduler")],
    help: "See `gen samplers` (default: the model's own).")
  var sampler: String?

  @Option(help: "Where the steps lie (see `gen samplers`).")
  var schedule: ScheduleName?

  @OptionGroup var size: SizeOptions

  @Option(help: "Whose random numbers the seed means: torch, cuda or numpy.")
  var rng = RandomAlgorithm.torch

  func apply(to request: inout StoryRequest) throws {
    request.stepCount = steps
    request.guidanceScale = cfgScale
    request.seed = seed.seed
    request.sampler = sampler
    request.schedule = schedule
    (request.width, request.height) = (size.width, size.height)
    request.random = rng
  }
}
