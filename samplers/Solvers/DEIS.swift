import Foundation
import Tensors

/// The exponential integrator of Zhang and Chen 2022 with a polynomial in ln ρ, ρ = noise/signal, through the last two
/// noises. It ends at the lowest trained level, not at zero.
public struct DEIS: Solver {
  private var last: (rho: Float, noise: Tensor)?

  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let (from, to) = (step.from, step.to)
    // Derived from the clean sample, which may have been limited.
    let predicted = quotient(
      latents, minus: Float(from.signal), try denoise(latents, from).denoised, over: Float(from.noise))
    // On a grid over σ the last step ends where it starts, and as many steps as there are timesteps take one twice.
    guard from.sigma != to.sigma else { return latents }
    defer { last = (Float(from.sigma), predicted) }
    let keep = to.signal / from.signal
    guard let last, !(step.isLast && step.count < 15) else {
      return blend(Float(keep), latents, Float(-to.signal * (from.sigma - to.sigma)), predicted)
    }
    let (rho, end) = (Float(from.sigma), Float(to.sigma))
    let newer = Self.integral(from: rho, to: end, one: rho, zero: last.rho)
    let older = Self.integral(from: rho, to: end, one: last.rho, zero: rho)
    let next = blend(Float(keep), latents, Float(to.signal) * newer, predicted)
    return add(next, Float(to.signal) * older, last.noise)
  }

  /// The integral over ρ of the line in ln ρ that is 1 at one point and 0 at another. In single precision, as in
  /// diffusers: the differences cancel where steps are many.
  private static func integral(from: Float, to: Float, one: Float, zero: Float) -> Float {
    func antiderivative(_ rho: Float) -> Float { rho * (-log(zero) + log(rho) - 1) / (log(one) - log(zero)) }
    return antiderivative(to) - antiderivative(from)
  }
}

extension SamplerKind {
  public static let deis = SamplerKind(
    name: "deis", aliases: ["deis_multistep", "DEISMultistepScheduler"],
    summary: "Diffusion exponential integrator", paper: "arXiv:2204.13902", order: 2, evaluationsPerStep: 1,
    isStochastic: false, schedules: kDiffusionSchedules, defaultSchedule: .linspace,
    accepted: [
      "solver_order": ["2"], "lower_order_final": ["true"], "use_flow_sigmas": ["false"],
      "use_dynamic_shifting": ["false"],
    ]
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.discrete(configuration, options, schedule)
    return try SamplingPlan(
      solver: DEIS(), steps: grid.steps(variancePreserving: true, final: grid.table.sigmas[0]),
      schedule: grid.table, predictionType: configuration.predictionType ?? .epsilon,
      limit: configuration.thresholdLimit)
  }
}
