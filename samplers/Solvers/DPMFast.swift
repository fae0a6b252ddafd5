import Foundation
import Tensors

/// DPM-Solver-fast (Lu et al. 2022, "DPM-Solver", appendix): a fixed number of evaluations in steps of order 3, and one or
/// two of lower order where three does not divide it. It ends at the lowest level with noise (k-diffusion's
/// `sample_dpm_fast`).
public struct DPMFast: Solver {
  public let evaluations: Int

  public init(evaluations: Int) { self.evaluations = evaluations }

  /// The order of each step of a run.
  var orders: [Int] {
    let threes = evaluations / 3
    return evaluations % 3 == 0
      ? [Int](repeating: 3, count: max(threes - 1, 0)) + [2, 1]
      : [Int](repeating: 3, count: threes) + [evaluations % 3]
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    try withoutActuallyEscaping(denoise) { denoise in
      let solver = try DPMSolver(
        latents, from: -log(step.from.noise), to: -log(step.to.noise), denoise: denoise)
      switch orders[min(step.index, orders.count - 1)] {
      case 1: return solver.first()
      case 2: return try solver.second()
      default: return try solver.third().high
      }
    }
  }

  /// Steps even in ln σ.
  func steps(from high: Double, to low: Double) -> [SamplingStep] {
    let count = orders.count
    let levels = SigmaSpacing.exponential(from: high, to: low, count: count + 1).map {
      NoiseLevel(timestep: nil, sigma: $0)
    }
    return (0..<count).map {
      SamplingStep(index: $0, count: count, from: levels[$0], to: levels[$0 + 1])
    }
  }
}

extension SamplerKind {
  public static let dpmFast = spanSampler(
    "dpm_fast", aliases: ["k_dpm_fast", "DPM fast", "sample_dpm_fast"], summary: "DPM-Solver-fast", order: 3,
    evaluationsPerStep: 1
  ) { high, low, count in
    let solver = DPMFast(evaluations: count)
    return (solver, solver.steps(from: high, to: low))
  }

  /// A solver that takes from the grid its ends and number of steps only, and makes its own steps between them.
  static func spanSampler(
    _ name: String, aliases: [String], summary: String, order: Int, evaluationsPerStep: Int,
    make:
      @escaping @Sendable (_ high: Double, _ low: Double, _ count: Int) -> (
        solver: any Solver, steps: [SamplingStep]
      )
  ) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: summary, paper: "arXiv:2206.00927", order: order,
      evaluationsPerStep: evaluationsPerStep, isStochastic: false, schedules: kDiffusionSchedules,
      defaultSchedule: .linspace, takesZeroTerminalSNR: true
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.continuous(configuration, options, schedule)
      let last = grid.final > 0 ? grid.final : grid.sigmas[grid.sigmas.count - 1]
      let resizing = SamplingPlan.Resizing(stepCount: grid.sigmas.count) { kept in
        let high = grid.sigmas[grid.sigmas.count - kept]
        // A single level has no span of its own.
        let low = last < high ? last : min(grid.table.sigmas[0], high / 2)
        return make(high, low, kept)
      }
      let (solver, steps) = resizing.make(grid.sigmas.count)
      return try SamplingPlan(
        solver: solver, steps: steps, schedule: grid.table,
        predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale,
        resizing: resizing)
    }
  }
}
