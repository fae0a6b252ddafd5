import Tensors

/// Ancestral sampling of the posterior q(x_s | x_t, x₀) with the smaller of its two variances (Ho, Jain and Abbeel 2020,
/// eq. 7).
public struct DDPM: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    // Single precision, as in diffusers: 1 − ᾱ_t/ᾱ_s cancels where steps are many.
    let (alpha, nextAlpha) = (Float(step.from.alphaCumprod), Float(step.to.alphaCumprod))
    let (stepAlpha, complement, nextComplement) = (alpha / nextAlpha, 1 - alpha, 1 - nextAlpha)
    let stepBeta = 1 - stepAlpha
    let mean = blend(
      nextAlpha.squareRoot() * stepBeta / complement, denoised,
      stepAlpha.squareRoot() * nextComplement / complement, latents)
    guard step.from.timestep != 0 else { return mean }
    let variance = max(nextComplement / complement * stepBeta, 1e-20)
    return add(mean, variance.squareRoot(), noise.next(from: step.from, to: step.to))
  }
}

extension SamplerKind {
  public static let ddpm = SamplerKind(
    name: "ddpm", aliases: ["DDPMScheduler", "ddpm_ancestral"],
    summary: "Denoising diffusion probabilistic models", paper: "arXiv:2006.11239", order: 1,
    evaluationsPerStep: 1, isStochastic: true, schedules: [.leading, .trailing, .linspace],
    defaultSchedule: .leading, accepted: ["variance_type": ["fixed_small"]],
    takesZeroTerminalSNR: true, takesLevels: .timesteps
  ) { configuration, options, schedule throws(SamplerError) in
    let table = try configuration.noiseSchedule()
    let timesteps = try configuration.timesteps(options, schedule, trained: table.count)
    return try SamplingPlan(
      solver: DDPM(), steps: table.steps(timesteps, final: NoiseLevel(timestep: nil, alphaCumprod: 1)),
      schedule: table, predictionType: configuration.predictionType ?? .epsilon,
      limit: configuration.sampleLimit(clipsByDefault: true))
  }
}
