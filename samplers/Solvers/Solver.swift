import Tensors

/// One step of a sampling run: from a level to a less noisy one.
///
/// Steps usually chain, but need not: DDIM's target is a fixed distance below its timestep whatever the spacing.
public struct SamplingStep: Sendable, Equatable {
  /// Position in the whole schedule, also where a run starts in its middle.
  public let index: Int
  public let count: Int
  public let from: NoiseLevel
  public let to: NoiseLevel

  public init(index: Int, count: Int, from: NoiseLevel, to: NoiseLevel) {
    self.index = index
    self.count = count
    self.from = from
    self.to = to
  }

  public var isLast: Bool { index == count - 1 }
}

/// An algorithm that integrates the reverse process. It knows levels, a denoiser and a source of noise, and nothing of
/// networks, prediction types or guidance. Its history lives in the value: a copy is a checkpoint.
public protocol Solver: Sendable {
  /// Whether it steps with the unconditional prediction (CFG++), which guidance must then make.
  var needsUnconditional: Bool { get }

  /// A guidance scale that suits it where a model's own would not; nil: any.
  var preferredGuidanceScale: Float? { get }

  /// Latents at `step.to` from latents at `step.from`.
  mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor

  /// The steps of a run that begins in the middle, at `steps[index]`.
  mutating func begin(at index: Int, of steps: [SamplingStep]) -> [SamplingStep]

  /// Whether `step` has to be called with the same step again, since the latents are not at its end yet.
  var isWithinStep: Bool { get }
}

extension Solver {
  public mutating func begin(at index: Int, of steps: [SamplingStep]) -> [SamplingStep] {
    Array(steps[index...])
  }
}

extension Solver {
  public var needsUnconditional: Bool { false }
  public var preferredGuidanceScale: Float? { nil }
  public var isWithinStep: Bool { false }
}
