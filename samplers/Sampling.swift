import Tensors

/// A run in progress: call `next` until it returns nil, looking at the latents between steps, changing them, or
/// stopping. A copy is a checkpoint.
public struct Sampling<Noise: NoiseSource> {
  /// What a step leaves behind.
  public struct Progress {
    /// Steps done and steps in this run.
    public let completed: Int
    public let total: Int
    public let step: SamplingStep
    /// The clean sample as the step last predicted it: a preview.
    public let denoised: Tensor
  }

  public let plan: SamplingPlan
  /// May be changed between steps.
  public var latents: Tensor
  public private(set) var completed = 0
  /// Calls of the network so far.
  public private(set) var evaluations = 0
  private var solver: any Solver
  /// As far as it has been drawn from.
  public private(set) var noise: Noise
  private var guidance: Guidance
  private let denoiser: Denoiser
  /// What the network is to see of the latents at a level, in every evaluation but the first: for inpainting, where a
  /// part of them is known.
  public var adjusting: ((_ latents: Tensor, _ level: NoiseLevel) -> Tensor)?

  /// A run of a network without guidance, or that is guided already.
  public init(_ plan: SamplingPlan, latents: Tensor, noise: Noise, model: @escaping NoiseModel) {
    self.init(plan, latents: latents, noise: noise, guidance: .off, denoiser: plan.denoiser(model))
  }

  /// A run with guidance, of a network that makes the passes that are asked for.
  public init(
    _ plan: SamplingPlan, latents: Tensor, noise: Noise, guidance: Guidance,
    model: @escaping GuidedModel
  ) {
    self.init(
      plan, latents: latents, noise: noise, guidance: guidance, denoiser: plan.denoiser(guided: model))
    self.guidance.needsUnconditional = plan.solver.needsUnconditional
  }

  private init(
    _ plan: SamplingPlan, latents: Tensor, noise: Noise, guidance: Guidance, denoiser: Denoiser
  ) {
    self.plan = plan
    self.latents = latents
    self.noise = noise
    self.guidance = guidance
    self.denoiser = denoiser
    solver = plan.solver
  }

  /// Takes one step, or a part of one where a solver chooses its own; nil when all are done. Throws `CancellationError` where the task has been cancelled.
  public mutating func next() throws -> Progress? {
    guard completed < plan.steps.count else { return nil }
    try Task.checkCancellation()
    let step = plan.steps[completed]
    let (denoiser, adjusting) = (denoiser, adjusting)
    let passes = guidance.passes(step: completed, of: plan.steps.count, level: step.from)
    var guidance = guidance
    var denoised = latents
    var evaluations = 0
    let before = self.evaluations
    latents = try solver.step(
      latents, step,
      denoise: { latents, level in
        var latents = latents
        if let adjusting, before + evaluations > 0 {
          // A level between those of the schedule counts as the step's end, as in diffusers.
          latents = adjusting(latents, level.timestep == nil ? step.to : level)
        }
        let prediction = try denoiser(latents, level, guidance: &guidance, passes: passes)
        denoised = prediction.denoised
        evaluations += 1
        return prediction
      }, noise: &noise)
    self.guidance = guidance
    self.evaluations += evaluations
    if !solver.isWithinStep { completed += 1 }
    return Progress(completed: completed, total: plan.steps.count, step: step, denoised: denoised)
  }

  /// Takes all remaining steps and returns the final latents.
  public mutating func finish(_ progress: (Progress) throws -> Void = { _ in }) throws -> Tensor {
    while let step = try next() { try progress(step) }
    return latents
  }
}
