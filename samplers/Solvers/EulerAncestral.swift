import Tensors

/// Euler's method to below the next level, then fresh noise up to it (k-diffusion's `sample_euler_ancestral`).
public struct EulerAncestral: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let derivative = try step.from.derivative(latents, denoise)
    let (down, up) = step.from.ancestral(to: step.to)
    let mean = add(latents, down - Float(step.from.noise), derivative)
    return add(mean, up, noise.next(from: step.from, to: step.to))
  }
}

extension NoiseLevel {
  /// Splits the way to a lower level into a deterministic part down to σ_down and noise of σ_up, as DDPM does. In single
  /// precision, as in diffusers: the difference cancels in the first step from zero terminal SNR.
  func ancestral(to next: NoiseLevel) -> (down: Float, up: Float) {
    let (from, to) = (Float(noise), Float(next.noise))
    let up = (to * to * (from * from - to * to) / (from * from)).squareRoot()
    return (max(to * to - up * up, 0).squareRoot(), up)
  }
}

extension SamplerKind {
  public static let eulerAncestral = SamplerKind(
    name: "euler_a",
    aliases: ["euler_ancestral", "k_euler_a", "k_euler_ancestral", "EulerAncestralDiscreteScheduler"],
    summary: "Euler's method with ancestral noise", paper: "arXiv:2206.00364", order: 1,
    evaluationsPerStep: 1,
    isStochastic: true, schedules: kDiffusionSchedules, defaultSchedule: .linspace,
    takesZeroTerminalSNR: true, configuredSchedules: [.linspace, .leading, .trailing]
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.continuous(configuration, options, schedule)
    return try SamplingPlan(
      solver: EulerAncestral(), steps: grid.steps(variancePreserving: false), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale)
  }
}
