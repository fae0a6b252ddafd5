import Samplers
import Tensors

/// Everything that decides what a picture looks like, apart from the model.
public struct GenerationRequest: Sendable {
  public var prompt: String
  /// Texts and pictures to draw from instead of `prompt`, which then only says what it was.
  public var document: InterleavedPrompt?
  /// Nil: the model's own condition for "no prompt".
  public var negativePrompt: String?
  public var stepCount = 30
  /// uncond + scale·(cond − uncond); 1 turns guidance off. Nil: what suits the model.
  public var guidanceScale: Float?
  public var seed: UInt64 = 42
  /// Pixels; nil: the size that the model was trained at.
  public var width: Int?
  public var height: Int?
  /// Nil: the sampler and schedule of the model's configuration.
  public var sampler: String?
  public var schedule: ScheduleName?
  public var eta = 0.0
  /// A picture to start from instead of noise; its size is the result's.
  public var initialPicture: Picture?
  /// How much of the way from noise is taken anew, 0…1: ⌊steps·strength⌋ steps.
  public var strength = 0.75
  /// Whose random numbers the seed means.
  public var random = RandomAlgorithm.torch

  public init(prompt: String) { self.prompt = prompt }
}

/// What happens on the way to a picture.
public enum GenerationEvent: Sendable {
  case step(completed: Int, total: Int)
  case decoding
}

/// A finished picture and the text that describes how it was made.
public struct GeneratedPicture: Sendable {
  public let picture: Picture
  public let parameters: GenerationParameters
}
