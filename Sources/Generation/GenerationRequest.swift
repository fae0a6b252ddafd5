import Samplers
import Tensors

/// Everything that decides what a picture looks like, apart from the model.
public struct GenerationRequest: Sendable {
  public var prompt: String
  /// Texts and pictures to draw from instead of `prompt`, which then only says what it was.
  public var document: InterleavedPrompt?
  /// Nil: the model's own condition for "no prompt".
  public var negativePrompt: String?
  /// How both are read.
  public var promptOptions = PromptOptions()
  public var stepCount = 30
  /// uncond + scale·(cond − uncond); 1 turns guidance off. Nil: what suits the model.
  public var guidanceScale: Float?
  /// What else guidance is to do.
  public var guidance = GuidanceSettings()
  /// How to make steps cheaper.
  public var stepSaving = StepSaving()
  public var seed: UInt64 = 42
  /// Pixels; nil: the size that the model was trained at.
  public var width: Int?
  public var height: Int?
  /// Nil: the sampler and schedule of the model's configuration.
  public var sampler: String?
  public var schedule: ScheduleName?
  public var eta = 0.0
  /// What else decides where the steps lie.
  public var levels = LevelChoices()
  /// A picture to start from instead of noise; its size is the result's.
  public var initialPicture: Picture?
  /// How much of the way from noise is taken anew, 0…1: ⌊steps·strength⌋ steps.
  public var strength = 0.75
  /// Where the picture is drawn anew: where this one is white. It is resized to the picture if need be.
  public var mask: Picture?
  /// A second pass over an enlarged picture.
  public var hiresFix: HiresFix?
  /// With a refiner, the share of the noise levels, from the noisiest, that the model itself takes, 0…1.
  public var refinerStart = 0.8
  /// Whose random numbers the seed means.
  public var random = RandomAlgorithm.torch

  public init(prompt: String) { self.prompt = prompt }
}

/// Where the steps of a run lie, beside the schedule's name: see `SamplerOptions`.
public struct LevelChoices: Sendable, Equatable {
  public var rho: Double?
  public var sigmas: [Double]?
  public var timesteps: [Int]?
  public var zeroTerminalSNR = false

  public init() {}

  /// The number of steps that given levels mean.
  var stepCount: Int? { sigmas.map { $0.count - 1 } ?? timesteps?.count }
}

/// What happens on the way to a picture.
public enum GenerationEvent: Sendable {
  case step(completed: Int, total: Int)
  /// What the picture looks like so far.
  case preview(Picture)
  /// The latents are final: worth keeping until they are decoded.
  case denoised(LatentsFile)
  case decoding
}

/// A finished picture and the text that describes how it was made.
public struct GeneratedPicture: Sendable {
  public let picture: Picture
  public let parameters: GenerationParameters
}
