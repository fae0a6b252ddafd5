import Foundation
import Tensors

/// What the ways to make steps cheaper cost in exactness: each against the same picture drawn in full.
public struct StepSavingBenchmark {
  /// One way, as the command line asks for it.
  public struct Row: Sendable, Encodable {
    public let options: String
    /// Of all steps.
    public let seconds: Double
    /// The full picture's seconds over these.
    public let speedup: Double
    /// Root mean square of the final latents' difference, as a share of the full picture's latents.
    public let latentError: Double
    /// Mean difference of the pictures, of 255 levels.
    public let pictureError: Double
  }

  private typealias Way = (options: String, change: @Sendable (inout GenerationRequest) -> Void)
  private typealias Drawn = (seconds: Double, latents: [Float], pixels: [UInt8])

  private static let ways: [Way] = [
    ("--deep-cache 2", { $0.stepSaving.deepCache = 2 }),
    ("--deep-cache 3", { $0.stepSaving.deepCache = 3 }),
    ("--deep-cache 5", { $0.stepSaving.deepCache = 5 }),
    ("--token-merging 0.3", { $0.stepSaving.tokenMerging = 0.3 }),
    ("--token-merging 0.5", { $0.stepSaving.tokenMerging = 0.5 }),
    ("--guidance-start 0.2", { $0.guidance.start = 0.2 }),
    ("--guidance-stop 0.8", { $0.guidance.stop = 0.8 }),
    ("--guidance-stop 0.5", { $0.guidance.stop = 0.5 }),
    ("--cfg-scale 1", { $0.guidanceScale = 1 }),
  ]

  private let pipeline: TextToImagePipeline
  private let request: GenerationRequest

  public init(_ pipeline: TextToImagePipeline, _ request: GenerationRequest) throws {
    try pipeline.check(request)
    (self.pipeline, self.request) = (pipeline, request)
  }

  /// Draws the full picture, once before it counts, and then one in each way. The pipeline's checkpoint is called between
  /// steps.
  public func run(found: (Row) throws -> Void) throws {
    _ = try draw(request)
    let full = try draw(request)
    try found(row("in full", full, against: full))
    for way in Self.ways {
      var request = request
      way.change(&request)
      try found(row(way.options, draw(request), against: full))
    }
  }

  private func row(_ options: String, _ drawn: Drawn, against full: Drawn) -> Row {
    let levels = zip(drawn.pixels, full.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Row(
      options: options, seconds: drawn.seconds, speedup: full.seconds / drawn.seconds,
      latentError: relativeRMSE(drawn.latents, full.latents),
      pictureError: Double(levels) / Double(full.pixels.count))
  }

  private func draw(_ request: GenerationRequest) throws -> Drawn {
    var drawn: Drawn = (0, [], [])
    var start = ContinuousClock.now
    try pipeline.generate(request) { _, event in
      try pipeline.options.checkpoint()
      switch event {
      case .step(completed: 0, _): start = .now
      case .denoised(let file):
        drawn.seconds = (ContinuousClock.now - start) / .seconds(1)
        drawn.latents = file.latents.floats
      default: break
      }
    } finished: {
      drawn.pixels = $0.picture.pixels
    }
    return drawn
  }
}
