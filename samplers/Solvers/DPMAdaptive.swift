import Foundation
import Tensors

/// DPM-Solver of order 3 with steps of its own choice, from the difference to the step of order 2 (Lu et al. 2022,
/// "DPM-Solver", algorithm 3 with the controller of k-diffusion's `sample_dpm_adaptive`). A run has a single step, which
/// is taken in parts; it ends at the lowest level with noise.
public struct DPMAdaptive: Solver {
  public let relativeTolerance: Double
  public let absoluteTolerance: Double
  /// Time −ln σ reached, the next width to try, and the last estimate of order 2.
  private var state: (time: Double, width: Double, low: Tensor)?

  public init(relativeTolerance: Double = 0.05, absoluteTolerance: Double = 0.0078) {
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
  }

  public var isWithinStep: Bool { state != nil }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let (start, end) = (-log(step.from.noise), -log(step.to.noise))
    var (time, width, low) = state ?? (start, 0.05, latents)
    return try withoutActuallyEscaping(denoise) { denoise in
      while true {
        let next = min(end, time + width)
        let estimates = try DPMSolver(latents, from: time, to: next, denoise: denoise).third()
        let error = self.error(estimates, last: low)
        let inverse = 1 / (error + 1e-8)
        // The controller's proportional and differential parts are off in k-diffusion's defaults.
        let factor = 1 + atan(pow(inverse, 1.0 / 3) - 1)
        // What is not a number would never be accepted, nor would a step that is as short as can be.
        let isHopeless = error.isNaN || width < (end - start) / 1000
        width *= factor.isNaN ? 1 : factor
        guard factor >= 0.81 || isHopeless else { continue }
        (time, low) = (next, estimates.low)
        state = time < end - 1e-5 && !error.isNaN ? (time, width, low) : nil
        return estimates.high
      }
    }
  }

  /// The root mean square of the difference, in units of the tolerance.
  private func error(_ estimates: (low: Tensor, high: Tensor), last: Tensor) -> Double {
    let (low, high, last) = (estimates.low.floats, estimates.high.floats, last.floats)
    var sum = 0.0
    for index in low.indices {
      let scale = max(
        absoluteTolerance, relativeTolerance * Double(max(abs(low[index]), abs(last[index]))))
      let difference = Double(low[index] - high[index]) / scale
      sum += difference * difference
    }
    return (sum / Double(max(low.count, 1))).squareRoot()
  }
}

extension SamplerKind {
  public static let dpmAdaptive = spanSampler(
    "dpm_adaptive", aliases: ["k_dpm_ad", "DPM adaptive", "sample_dpm_adaptive"],
    summary: "DPM-Solver with steps of its own choice, 3 evaluations each", order: 3, evaluationsPerStep: 3
  ) { high, low, _ in
    let step = SamplingStep(
      index: 0, count: 1, from: NoiseLevel(timestep: nil, sigma: high),
      to: NoiseLevel(timestep: nil, sigma: low))
    return (DPMAdaptive(), [step])
  }
}
