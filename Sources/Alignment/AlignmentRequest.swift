import Foundation
import Projectors
import Training

/// What to align, and how. What is nil is chosen to suit the teacher and the language model.
public struct AlignmentRequest: Sendable {
  /// A model folder whose diffusion model is to be driven, and whose conditioning is the teacher.
  public var teacher: URL
  /// A GGUF file or Hugging Face folder; nil for the teacher's own language model.
  public var languageModel: URL?
  /// How many of its layers to run; nil for all.
  public var layers: Int?
  public var captions: URL
  public var output: URL

  public var projector: ProjectorKind?
  public var width: Int?
  public var depth: Int?
  public var heads: Int?
  public var feedForward: Int?
  public var signals: Int?
  public var template: String?
  public var nullCondition: NullCondition?

  public var trainsSignals = true
  public var loss = AlignmentLoss.mse
  public var steps = 400
  public var batchSize = 16
  public var learningRate = 1e-3
  public var warmUp: Int?
  public var weightDecay = 0.01
  /// For projectors whose null condition is that of states of zeros: the share of captions that are replaced by it.
  public var captionDropout: Double?
  /// Captions to hold out; nil for a tenth, but at most 100.
  public var heldOut: Int?
  public var evaluateEvery = 25
  /// Evaluations without an improvement after which training ends.
  public var patience = 8
  public var seed: UInt64 = 42

  public init(teacher: URL, captions: URL, output: URL) {
    (self.teacher, self.captions, self.output) = (teacher, captions, output)
  }

  /// Refuses numbers that no training can have, by the names of the command's options.
  public func check() throws(AlignmentError) {
    func require(_ holds: Bool, _ option: String, _ value: Any, _ expected: String) throws(AlignmentError) {
      if !holds { throw .request("--\(option) \(value) is not \(expected)") }
    }
    try require((1...10_000_000).contains(steps), "steps", steps, "in 1...10000000")
    try require((1...4096).contains(batchSize), "batch-size", batchSize, "in 1...4096")
    try require(learningRate > 0 && learningRate < 10, "learning-rate", learningRate, "above 0 and below 10")
    try require((0...steps).contains(warmUp ?? 0), "warm-up", warmUp ?? 0, "in 0...\(steps)")
    try require((0..<1).contains(weightDecay), "weight-decay", weightDecay, "from 0 to below 1")
    let dropout = captionDropout ?? 0
    try require((0...0.9).contains(dropout), "caption-dropout", dropout, "in 0...0.9")
    try require((1...1_000_000).contains(heldOut ?? 1), "held-out", heldOut ?? 1, "in 1...1000000")
    try require((1...1_000_000).contains(evaluateEvery), "evaluate-every", evaluateEvery, "in 1...1000000")
    try require((1...1_000_000).contains(patience), "patience", patience, "in 1...1000000")
    for (option, value, limit) in [
      ("width", width, 1 << 16), ("depth", depth, 256), ("heads", heads, 1 << 12),
      ("ffn", feedForward, 1 << 18),
      ("signals", signals, 4096), ("llm-layers", layers, 4096),
    ] {
      try require((1...limit).contains(value ?? 1), option, value ?? 1, "in 1...\(limit)")
    }
  }
}
