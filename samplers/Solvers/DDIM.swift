import Tensors

/// Denoising diffusion implicit models (Song, Meng and Ermon 2020, eq. 12 and 16). η = 0 is deterministic, η = 1 has
/// the variance of ancestral sampling.
public struct DDIM: Solver {
  public let eta: Double
  /// Whether the noise is computed again from a clipped sample, as GLIDE does.
  public let rederivesNoise: Bool

  public init(eta: Double = 0, rederivesNoise: Bool = false) {
    self.eta = eta
    self.rederivesNoise = rederivesNoise
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let (from, to) = (step.from, step.to)
    var prediction = try denoise(latents, from)
    if rederivesNoise {
      prediction.noise = quotient(
        latents, minus: Float(from.signal), prediction.denoised, over: Float(from.noise))
    }
    let (deviation, direction) = coefficients(from: from, to: to)
    let mean = blend(Float(to.signal), prediction.denoised, direction, prediction.noise)
    guard eta > 0 else { return mean }
    return add(mean, deviation, noise.next(from: from, to: to))
  }

  /// σ_t of equation 16 and the weight of the predicted noise, √(1 − ᾱ − σ_t²). In single precision, as diffusers has
  /// it: the difference cancels where η is 1, and pictures must agree.
  private func coefficients(from: NoiseLevel, to: NoiseLevel) -> (deviation: Float, direction: Float) {
    let (alpha, nextAlpha) = (Float(from.alphaCumprod), Float(to.alphaCumprod))
    let variance = (1 - nextAlpha) / (1 - alpha) * (1 - alpha / nextAlpha)
    let deviation = Float(eta) * variance.squareRoot()
    // Never below zero, which rounding alone would reach.
    return (deviation, max(1 - nextAlpha - deviation * deviation, 0).squareRoot())
  }
}

extension SamplerKind {
  public static let ddim = SamplerKind(
    name: "ddim", aliases: ["DDIMScheduler"],
    summary: "Denoising diffusion implicit models", paper: "arXiv:2010.02502",
    order: 1, evaluationsPerStep: 1, isStochastic: false,
    schedules: [.leading, .trailing, .linspace], defaultSchedule: .leading,
    takesZeroTerminalSNR: true, takesLevels: .timesteps
  ) { configuration, options, schedule throws(SamplerError) in
    guard (0...1).contains(options.eta) else { throw .eta(options.eta) }
    let table = try configuration.noiseSchedule()
    let timesteps = try configuration.timesteps(options, schedule, trained: table.count)
    let final = configuration.finalLevel(of: table, toOneByDefault: true)
    // Timesteps given one by one have no stride; each step then ends where the next begins.
    let steps =
      options.timesteps == nil
      ? table.steps(timesteps, stride: table.count / options.stepCount, final: final)
      : table.steps(timesteps, final: final)
    return try SamplingPlan(
      solver: DDIM(eta: options.eta), steps: steps, schedule: table,
      predictionType: configuration.predictionType ?? .epsilon,
      limit: configuration.sampleLimit(clipsByDefault: true))
  }
}
