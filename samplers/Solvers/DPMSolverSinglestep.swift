import Foundation
import Tensors

/// DPM-Solver++ singlestep of order 1 to 3, and its stochastic form (Lu et al. 2022, algorithm 1; "midpoint"). The steps
/// of a run go round in order 1, 2, …: one of order 2 starts again where the one before it did and takes its evaluation
/// as the midpoint, so that N steps cost N evaluations. The last step is of order 1.
public struct DPMSolverSinglestep: Solver {
  public let order: Int
  public let isStochastic: Bool
  /// Where the current round started.
  private var start: Tensor?
  /// The evaluations of the round, oldest first.
  private var round: [(level: NoiseLevel, denoised: Tensor)] = []

  public init(order: Int = 2, isStochastic: Bool = false) {
    precondition((1...3).contains(order))
    self.order = order
    self.isStochastic = isStochastic
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    // As many steps as there are timesteps take one of them twice.
    guard step.from.sigma != step.to.sigma else {
      round = []
      return latents
    }
    let wanted = step.isLast ? 1 : step.index % order + 1
    // A run that starts in the middle of a round has no evaluations for a higher order.
    let stepOrder = min(wanted, round.count + 1)
    if stepOrder == 1 { (start, round) = (latents, []) }
    round.append((step.from, denoised))
    let points = round.suffix(stepOrder)
    guard let first = points.first, let last = points.last, let start else { return latents }
    let (from, to) = (first.level, step.to)
    let h = to.logSNR - from.logSNR
    // The stochastic form takes the exponential of 2h: half of its noise is new.
    let phi = expm1(isStochastic ? -2 * h : -h)
    let keep = to.noise / from.noise * (isStochastic ? exp(-h) : 1)
    var next = blend(Float(keep), start, Float(-to.signal * phi), first.denoised)
    if stepOrder > 1 {
      let ratio = (last.level.logSNR - from.logSNR) / h
      let exponent = isStochastic ? 2 * h : h
      let weight = stepOrder == 2 ? -0.5 * phi : phi / exponent + 1
      let slope = elementwise(last.denoised, first.denoised) { Float(1 / ratio) * ($0 - $1) }
      next = add(next, Float(to.signal * weight), slope)
    }
    guard isStochastic else { return next }
    return add(next, Float(to.noise * (-phi).squareRoot()), noise.next(from: from, to: to))
  }
}

extension SamplerKind {
  public static let dpmpp2s = SamplerKind(
    name: "dpm++2s",
    aliases: ["dpmpp_2s", "DPM++ 2S", "DPMSolverSinglestepScheduler", "dpm_solver_singlestep"],
    summary: "DPM-Solver++ singlestep", paper: "arXiv:2211.01095", order: 2, evaluationsPerStep: 1,
    isStochastic: false, schedules: kDiffusionSchedules.filter { $0 != .leading && $0 != .trailing },
    defaultSchedule: .linspace,
    accepted: [
      "algorithm_type": ["dpmsolver++", "sde-dpmsolver++", "deis"], "solver_order": ["1", "2", "3"],
      "solver_type": ["midpoint", "logrho", "bh1", "bh2"], "final_sigmas_type": ["zero"],
      "use_flow_sigmas": ["false"], "use_dynamic_shifting": ["false"], "lambda_min_clipped": ["-inf"],
      "variance_type": [],
    ]
  ) { configuration, options, schedule throws(SamplerError) in
    var configuration = configuration
    // The spacing in timesteps is always this one.
    configuration.timestepSpacing = .linspace
    let grid = try SigmaGrid.discrete(configuration, options, schedule)
    return try SamplingPlan(
      solver: DPMSolverSinglestep(
        order: configuration.others["solver_order"].flatMap(Int.init) ?? 2,
        isStochastic: configuration.others["algorithm_type"] == "sde-dpmsolver++"),
      steps: grid.steps(variancePreserving: true), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, limit: configuration.thresholdLimit)
  }
}
