import Tensors

/// Everything that a sampler's name, a model's scheduler configuration and a step count settle between them.
public struct SamplingPlan: Sendable {
  public var solver: any Solver
  public internal(set) var steps: [SamplingStep]
  public let schedule: NoiseSchedule
  public let predictionType: PredictionType
  public let limit: SampleLimit
  /// What N(0, 1) noise is multiplied by to become the first latents.
  public let initialNoiseScale: Double
  /// Which noise the solver is made for; any other does not harm.
  public let noiseKind: NoiseKind
  private let resizing: Resizing?

  /// How a solver that lays out its own steps does that for the last `kept` of `stepCount` steps.
  struct Resizing: Sendable {
    let stepCount: Int
    let make: @Sendable (_ kept: Int) -> (solver: any Solver, steps: [SamplingStep])
  }

  public init(
    solver: any Solver, steps: [SamplingStep], schedule: NoiseSchedule, predictionType: PredictionType,
    limit: SampleLimit = .none, initialNoiseScale: Double = 1, noiseKind: NoiseKind = .independent
  ) throws(SamplerError) {
    try self.init(
      solver: solver, steps: steps, schedule: schedule, predictionType: predictionType, limit: limit,
      initialNoiseScale: initialNoiseScale, noiseKind: noiseKind, resizing: nil)
  }

  init(
    solver: any Solver, steps: [SamplingStep], schedule: NoiseSchedule, predictionType: PredictionType,
    limit: SampleLimit = .none, initialNoiseScale: Double = 1, noiseKind: NoiseKind = .independent,
    resizing: Resizing?
  ) throws(SamplerError) {
    if predictionType == .epsilon, limit == .none, steps.contains(where: { $0.from.signal == 0 }) {
      throw .noSignal
    }
    self.solver = solver
    self.steps = steps
    self.schedule = schedule
    self.predictionType = predictionType
    self.limit = limit
    self.initialNoiseScale = initialNoiseScale
    self.noiseKind = noiseKind
    self.resizing = resizing
  }

  /// The latents that a run from pure noise starts with.
  public func initialLatents(noise: Tensor) -> Tensor {
    initialNoiseScale == 1 ? noise : Float(initialNoiseScale) * noise
  }

  /// The plan of an image-to-image run: the last ⌊steps·strength⌋ steps. Its latents are `startingLatents`.
  public func suffix(strength: Double) throws(SamplerError) -> SamplingPlan {
    guard (0...1).contains(strength) else { throw .strength(strength) }
    let count = resizing?.stepCount ?? steps.count
    let kept = min(Int(Double(count) * strength), count)
    guard kept > 0 else { throw .strength(strength) }
    var plan = self
    if let resizing {
      (plan.solver, plan.steps) = resizing.make(kept)
    } else {
      plan.steps = plan.solver.begin(at: steps.count - kept, of: steps)
    }
    return plan
  }

  /// Clean latents with the noise of the first step added: where a run starts in its middle.
  public func startingLatents(clean: Tensor, noise: Tensor) -> Tensor {
    steps[0].from.mixing(clean: clean, noise: noise)
  }

  /// The denoiser that this plan's steps call, around a network.
  public func denoiser(_ model: @escaping NoiseModel) -> Denoiser {
    Denoiser(schedule, predictionType, limit: limit, model: model)
  }

  /// The same around a network of several passes.
  public func denoiser(guided model: @escaping GuidedModel) -> Denoiser {
    Denoiser(schedule, predictionType, limit: limit, guided: model)
  }
}
