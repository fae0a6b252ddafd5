import Foundation
import Tensors

/// DPM-Solver-2 in σ form: the slope at the geometric midpoint of the step (Karras et al. 2022, algorithm 2). The ancestral
/// form aims below the next level and adds noise up to it.
public struct DPM2: Solver {
  public let isAncestral: Bool

  public init(isAncestral: Bool = false) { self.isAncestral = isAncestral }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let from = Float(step.from.noise)
    let slope = try step.from.derivative(latents, denoise)
    let isLast = step.to.noise == 0
    let (down, up) = isAncestral && !isLast ? step.from.ancestral(to: step.to) : (Float(step.to.noise), 0)
    // The geometric mean with zero is zero: a step down to there is Euler's.
    let middle = NoiseLevel(timestep: nil, sigma: (step.from.noise * Double(down)).squareRoot())
    let middleSlope =
      down == 0
      ? slope : try middle.derivative(add(latents, Float(middle.noise) - from, slope), denoise)
    let next = add(latents, down - from, middleSlope)
    return isAncestral && !isLast ? add(next, up, noise.next(from: step.from, to: step.to)) : next
  }
}

extension SamplerKind {
  public static let dpm2 = dpm2(
    "dpm2", ["k_dpm_2", "dpm_2", "KDPM2DiscreteScheduler"], isAncestral: false)
  public static let dpm2Ancestral = dpm2(
    "dpm2_a", ["k_dpm_2_a", "dpm_2_ancestral", "KDPM2AncestralDiscreteScheduler"], isAncestral: true)

  private static func dpm2(_ name: String, _ aliases: [String], isAncestral: Bool) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: "DPM-Solver-2\(isAncestral ? " with ancestral noise" : "")",
      paper: "arXiv:2206.00364", order: 2, evaluationsPerStep: 2, isStochastic: isAncestral,
      schedules: kDiffusionSchedules, defaultSchedule: .linspace
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.continuous(
        configuration, options, schedule, betas: 0.00085...0.012, roundsKarras: true)
      return try SamplingPlan(
        solver: DPM2(isAncestral: isAncestral), steps: grid.steps(variancePreserving: false),
        schedule: grid.table, predictionType: configuration.predictionType ?? .epsilon,
        initialNoiseScale: grid.initialScale)
    }
  }
}
