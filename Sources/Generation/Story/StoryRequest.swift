import Samplers
import Tensors

/// Everything that decides what a story says and shows, apart from the model.
public struct StoryRequest: Sendable, Equatable, Codable {
  /// What the story is about.
  public var prompt: String
  /// SHA-256 of the document that it begins from instead, if it does (`InterleavedPrompt.sha256`).
  public var documentHash: String?
  /// What the language model is told to do, with `{prompt}` in it.
  public var instruction = "Write a short story about {prompt}. Use short paragraphs."
  public var seed: UInt64 = 42
  /// Tokens to write at most.
  public var tokenLimit = 400
  public var temperature: Float = 0.7
  public var topK = 40
  public var topP: Float = 0.95
  public var repetitionPenalty: Float = 1.1
  public var pictures = PictureBounds()

  // How each picture is drawn, as in `GenerationRequest`; seeds count up from the story's.
  public var stepCount = 30
  public var guidanceScale: Float?
  public var width: Int?
  public var height: Int?
  public var sampler: String?
  public var schedule: ScheduleName?
  public var random = RandomAlgorithm.torch

  public init(prompt: String) { self.prompt = prompt }

  /// The request for picture `index` of the story.
  func picture(_ index: Int, caption: String) -> GenerationRequest {
    var request = GenerationRequest(prompt: caption)
    request.seed = seed &+ UInt64(index)
    request.stepCount = stepCount
    request.guidanceScale = guidanceScale
    request.width = width
    request.height = height
    request.sampler = sampler
    request.schedule = schedule
    request.random = random
    return request
  }
}

/// How many pictures a text may have, and where.
public struct PictureBounds: Sendable, Equatable, Codable {
  /// No more than this many.
  public var most = 4
  /// At least this many tokens of text before each.
  public var spacing = 40
  /// Draw at the end of a paragraph, as soon as the other bounds allow it, where the model does not ask; and at the end if
  /// there was none (what MiniGPT-5 falls back to).
  public var forces = false

  public init() {}
}
