import Tensors

/// Heun's method: the mean of the slopes at both ends; the last step, to σ = 0, is Euler's (Karras et al. 2022,
/// algorithm 1 without churn).
public struct Heun: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let width = Float(step.to.noise) - Float(step.from.noise)
    let slope = try step.from.derivative(latents, denoise)
    let predicted = add(latents, width, slope)
    guard step.to.noise > 0 else { return predicted }
    let nextSlope = try step.to.derivative(predicted, denoise)
    return add(latents, width, elementwise(slope, nextSlope) { ($0 + $1) / 2 })
  }
}

extension SamplerKind {
  public static let heun = SamplerKind(
    name: "heun", aliases: ["k_heun", "HeunDiscreteScheduler", "sample_heun"],
    summary: "Heun's method", paper: "arXiv:2206.00364", order: 2, evaluationsPerStep: 2, isStochastic: false,
    schedules: kDiffusionSchedules, defaultSchedule: .linspace
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.continuous(configuration, options, schedule, betas: 0.00085...0.012)
    let clip = configuration.clipSample ?? false
    return try SamplingPlan(
      solver: Heun(), steps: grid.steps(variancePreserving: false), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon,
      limit: clip ? .clip(configuration.clipSampleRange) : .none, initialNoiseScale: grid.initialScale)
  }
}
