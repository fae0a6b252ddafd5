import Foundation
import Tensors

/// The stochastic form of DPM-Solver++ of order 2: an ancestral step to halfway in ln σ, and from the start again with the
/// clean sample that is predicted there (k-diffusion's `sample_dpmpp_sde`; Lu et al. 2022).
public struct DPMppSDE: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    guard step.to.noise > 0 else { return denoised }
    // By way of logarithms, as published: a Brownian path is rough, and the last bit of σ shows in it.
    let (start, end) = (step.from.time, step.to.time)
    let from = NoiseLevel(time: start)
    let (middle, to) = (NoiseLevel(time: start + (end - start) * 0.5), NoiseLevel(time: end))
    let halfway = ancestral(latents, denoised, from, middle, &noise)
    return ancestral(latents, try denoise(halfway, middle).denoised, from, to, &noise)
  }

  /// To below a level in the direction of a clean sample, then noise up to it.
  private func ancestral(
    _ x: Tensor, _ denoised: Tensor, _ from: NoiseLevel, _ to: NoiseLevel, _ noise: inout some NoiseSource
  ) -> Tensor {
    let (down, up) = from.ancestral(to: to)
    let ratio = Float(Double(down) / from.noise)
    return add(blend(ratio, x, 1 - ratio, denoised), up, noise.next(from: from, to: to))
  }
}

extension NoiseLevel {
  /// −ln σ of a level in σ form, in single precision.
  var time: Float { -Float(log(noise)) }

  /// The level in σ form of a time, σ = e^−time in single precision.
  init(time: Float) { self.init(timestep: nil, sigma: Double(Float(exp(-Double(time))))) }
}

extension SamplerKind {
  public static let dpmppSDE = SamplerKind(
    name: "dpm++sde",
    aliases: [
      "dpmpp_sde", "dpmpp_sde_gpu", "DPM++ SDE", "k_dpmpp_sde", "DPMSolverSDEScheduler", "sample_dpmpp_sde",
    ],
    summary: "DPM-Solver++ singlestep, stochastic, on a Brownian path", paper: "arXiv:2211.01095", order: 2,
    evaluationsPerStep: 2, isStochastic: true, schedules: kDiffusionSchedules, defaultSchedule: .linspace
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.continuous(
      configuration, options, schedule, betas: 0.00085...0.012, hasDoubleTimesteps: true)
    return try SamplingPlan(
      solver: DPMppSDE(), steps: grid.steps(variancePreserving: false), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale,
      noiseKind: grid.path(configuration))
  }
}
