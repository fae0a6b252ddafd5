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
  /// May be changed between steps, for inpainting.
  public var latents: Tensor
  public private(set) var completed = 0
  /// Calls of the network so far.
  public private(set) var evaluations = 0
  private var solver: any Solver
  private var noise: Noise
  private let denoiser: Denoiser

  public init(_ plan: SamplingPlan, latents: Tensor, noise: Noise, model: @escaping NoiseModel) {
    self.plan = plan
    self.latents = latents
    self.noise = noise
    solver = plan.solver
    denoiser = plan.denoiser(model)
  }

  /// Takes one step, or a part of one where a solver chooses its own; nil when all are done. Throws `CancellationError` where the task has been cancelled.
  public mutating func next() throws -> Progress? {
    guard completed < plan.steps.count else { return nil }
    try Task.checkCancellation()
    let step = plan.steps[completed]
    let denoiser = denoiser
    var denoised = latents
    var evaluations = 0
    latents = try solver.step(
      latents, step,
      denoise: { latents, level in
        let prediction = try denoiser(latents, level)
        denoised = prediction.denoised
        evaluations += 1
        return prediction
      }, noise: &noise)
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
