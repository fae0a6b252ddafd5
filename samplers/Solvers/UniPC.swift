import Foundation
import Tensors

/// The unified predictor-corrector (Zhao et al. 2023, algorithms 5 and 6), predicting the clean sample: a multistep
/// predictor, corrected with the next step's evaluation, which costs no evaluation of its own.
public struct UniPC: Solver {
  /// B(h) of the paper: h or e^h − 1.
  public enum Variant: String, Sendable { case bh1, bh2 }

  public let order: Int
  public let variant: Variant
  /// Newest first.
  private var history: [(level: NoiseLevel, denoised: Tensor)] = []
  private var last: (latents: Tensor, order: Int)?

  public init(order: Int = 2, variant: Variant = .bh2) {
    precondition((1...3).contains(order))
    self.order = order
    self.variant = variant
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    // As many steps as there are timesteps take one of them twice.
    guard step.from.sigma != step.to.sigma else { return latents }
    var corrected = latents
    if let last {
      corrected = update(last.latents, to: step.from, order: last.order, evaluation: denoised)
    }
    history = [(step.from, denoised)] + history.prefix(order - 1)
    let stepOrder = min(order, step.count - step.index, history.count)
    last = (corrected, stepOrder)
    return update(corrected, to: step.to, order: stepOrder, evaluation: nil)
  }

  /// From the newest level of the history to another: the predictor, or the corrector where the sample at that level has
  /// been evaluated.
  private func update(_ x: Tensor, to: NoiseLevel, order: Int, evaluation: Tensor?) -> Tensor {
    let (from, newest) = (history[0].level, history[0].denoised)
    let h = to.logSNR - from.logSNR
    let scale = variant == .bh1 ? -h : expm1(-h)
    var next = blend(
      Float(to.noise / from.noise), x, Float(-to.signal * expm1(-h)), newest)
    let positions = history[1..<order].map { ($0.level.logSNR - from.logSNR) / h }
    let weights = weights(positions, h, scale, isCorrector: evaluation != nil)
    for (index, weight) in weights.enumerated() {
      let (other, position) =
        index < positions.count ? (history[index + 1].denoised, positions[index]) : (evaluation, 1)
      guard let other else { break }
      let factor = Float(-to.signal * scale * weight / position)
      next = add(next, factor, elementwise(other, newest) { $0 - $1 })
    }
    return next
  }

  /// The ρ of the paper's equation 9, for the older points and, in the corrector, the new one at position 1.
  private func weights(_ older: [Double], _ h: Double, _ scale: Double, isCorrector: Bool) -> [Double] {
    let positions = isCorrector ? older + [1] : older
    // One unknown is given by the paper in closed form.
    guard positions.count > 1 else { return positions.map { _ in 0.5 } }
    var (phi, factorial) = (expm1(-h) / -h - 1, 1.0)
    var rows: [[Double]] = []
    for power in positions.indices {
      rows.append(positions.map { pow($0, Double(power)) } + [phi * factorial / scale])
      factorial *= Double(power + 2)
      phi = phi / -h - 1 / factorial
    }
    return solve(rows)
  }

  /// Gaussian elimination of a small system given with its right-hand side as the last column.
  private func solve(_ system: [[Double]]) -> [Double] {
    var rows = system
    let n = rows.count
    for pivot in 0..<n {
      let best = (pivot..<n).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) } ?? pivot
      rows.swapAt(pivot, best)
      for row in 0..<n where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot...n { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }
}

extension SamplerKind {
  public static let unipc = unipc(
    "unipc", ["uni_pc", "uni_pc_bh2", "UniPCMultistepScheduler"], summary: "Unified predictor-corrector")
  public static let unipcBH1 = unipc(
    "unipc_bh1", ["uni_pc_bh1"], summary: "Unified predictor-corrector with B(h) = h", variant: .bh1)

  /// `variant` is the one of the configuration where it is nil, or bh2.
  private static func unipc(
    _ name: String, _ aliases: [String], summary: String, variant: UniPC.Variant? = nil
  ) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: summary, paper: "arXiv:2302.04867", order: 2,
      evaluationsPerStep: 1, isStochastic: false, schedules: kDiffusionSchedules, defaultSchedule: .linspace,
      accepted: [
        "solver_order": ["1", "2", "3"], "solver_type": ["bh1", "bh2", "midpoint", "heun", "logrho"],
        "predict_x0": ["true"], "disable_corrector": ["[]"], "solver_p": [], "final_sigmas_type": ["zero"],
        "lower_order_final": ["true"], "use_flow_sigmas": ["false"], "use_dynamic_shifting": ["false"],
        "shift_terminal": [], "sigma_min": [], "sigma_max": [],
      ], takesZeroTerminalSNR: true
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.discrete(configuration, options, schedule)
      let solver = UniPC(
        order: configuration.others["solver_order"].flatMap(Int.init) ?? 2,
        variant: variant ?? configuration.others["solver_type"].flatMap(UniPC.Variant.init) ?? .bh2)
      return try SamplingPlan(
        solver: solver, steps: grid.steps(variancePreserving: true), schedule: grid.table,
        predictionType: configuration.predictionType ?? .epsilon, limit: configuration.thresholdLimit)
    }
  }
}
