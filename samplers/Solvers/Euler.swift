import Tensors

/// Euler's method on dx/dσ = (x − x₀)/σ (Karras et al. 2022, algorithm 1 without churn).
public struct Euler: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let derivative = try step.from.derivative(latents, denoise)
    return add(latents, Float(step.to.noise) - Float(step.from.noise), derivative)
  }
}

extension NoiseLevel {
  /// dx/dσ at a level of the k-diffusion form.
  func derivative(_ latents: Tensor, _ denoise: Denoise) throws -> Tensor {
    try quotient(latents, minus: 1, denoise(latents, self).denoised, over: Float(noise))
  }
}

extension SamplerKind {
  /// The solvers of k-diffusion share their grid.
  static let kDiffusionSchedules: [ScheduleName] = [
    .linspace, .leading, .trailing, .karras, .exponential, .polyexponential, .beta, .normal, .simple,
    .sgmUniform,
    .ddimUniform, .alignYourSteps, .alignYourStepsXL, .alignYourStepsVideo, .gits, .klOptimal,
    .linearQuadratic,
  ]

  public static let euler = SamplerKind(
    name: "euler", aliases: ["k_euler", "EulerDiscreteScheduler", "sample_euler"],
    summary: "Euler's method", paper: "arXiv:2206.00364", order: 1, evaluationsPerStep: 1,
    isStochastic: false,
    schedules: kDiffusionSchedules, defaultSchedule: .linspace,
    accepted: [
      "interpolation_type": ["linear"], "timestep_type": ["discrete"], "final_sigmas_type": ["zero"],
      "sigma_min": [], "sigma_max": [],
    ], takesZeroTerminalSNR: true
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.continuous(configuration, options, schedule)
    return try SamplingPlan(
      solver: Euler(), steps: grid.steps(variancePreserving: false), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale)
  }
}
