import Foundation
import Tensors

/// DPM-Solver++ multistep of order 1 to 3, and its stochastic form (Lu et al. 2022, algorithm 2). The last step, to σ = 0,
/// is of order 1, and with under 15 steps so are the orders lowered before it.
public struct DPMSolverMultistep: Solver {
  public let order: Int
  public let isStochastic: Bool
  /// How the step of order 2 weighs the last change of the clean sample.
  public enum Correction: Sendable { case midpoint, heun }

  public let correction: Correction
  public let lowersFinalOrders: Bool
  /// Newest first.
  private var history: [(level: NoiseLevel, denoised: Tensor)] = []

  public init(
    order: Int = 2, isStochastic: Bool = false, correction: Correction = .midpoint,
    lowersFinalOrders: Bool = true
  ) {
    precondition((1...3).contains(order))
    self.order = order
    self.isStochastic = isStochastic
    self.correction = correction
    self.lowersFinalOrders = lowersFinalOrders
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let (from, to) = (step.from, step.to)
    let denoised = try denoise(latents, from).denoised
    // As many steps as there are timesteps take one of them twice.
    guard from.sigma != to.sigma else { return latents }
    history = [(from, denoised)] + history.prefix(order - 1)
    let remaining = step.count - step.index
    let allowed = to.noise == 0 ? 1 : lowersFinalOrders && step.count < 15 ? remaining : order
    let h = to.logSNR - from.logSNR
    // The stochastic form takes the exponential of 2h: half of its noise is new.
    let exponent = isStochastic ? 2 * h : h
    let phi = expm1(-exponent)
    let keep = to.noise / from.noise * (isStochastic ? exp(-h) : 1)
    var next = blend(Float(keep), latents, Float(-to.signal * phi), denoised)
    switch min(allowed, history.count) {
    case 1: break
    case 2:
      let weight = correction == .midpoint ? -0.5 * phi : phi / exponent + 1
      next = add(next, Float(to.signal * weight), difference(0, h))
    default:
      let (near, far) = (difference(0, h), difference(1, h))
      let (r0, r1) = (width(0) / h, width(1) / h)
      let slope = elementwise(near, far) { $0 + Float(r0 / (r0 + r1)) * ($0 - $1) }
      let curvature = elementwise(near, far) { Float(1 / (r0 + r1)) * ($0 - $1) }
      next = add(next, Float(to.signal * (phi / exponent + 1)), slope)
      next = add(
        next, Float(-to.signal * ((phi + exponent) / (exponent * exponent) - 0.5)), curvature)
    }
    guard isStochastic else { return next }
    return add(next, Float(to.noise * (-phi).squareRoot()), noise.next(from: from, to: to))
  }

  /// The step in ln(signal/noise) that ended at a point of the history.
  private func width(_ index: Int) -> Double {
    history[index].level.logSNR - history[index + 1].level.logSNR
  }

  /// The change over that step, scaled to a step of `h`.
  private func difference(_ index: Int, _ h: Double) -> Tensor {
    let scale = Float(h / width(index))
    return elementwise(history[index].denoised, history[index + 1].denoised) { scale * ($0 - $1) }
  }
}

extension SamplerKind {
  static let dpmSolverSettings: [String: [String]] = [
    "algorithm_type": ["dpmsolver++", "sde-dpmsolver++", "deis"],
    "solver_type": ["midpoint", "logrho", "bh1", "bh2"],
    "final_sigmas_type": ["zero"], "lower_order_final": ["true"], "euler_at_final": ["false"],
    "use_lu_lambdas": ["false"], "use_flow_sigmas": ["false"], "use_dynamic_shifting": ["false"],
    "lambda_min_clipped": ["-inf"], "variance_type": [],
  ]

  public static let dpmpp2m = dpmSolver(
    "dpm++2m", ["dpmpp_2m", "DPM++ 2M", "k_dpmpp_2m", "DPMSolverMultistepScheduler", "sample_dpmpp_2m"],
    order: 2)
  public static let dpmpp3m = dpmSolver("dpm++3m", ["dpmpp_3m", "DPM++ 3M"], order: 3)
  public static let dpmpp2mSDE = dpmSolver(
    "dpm++2m_sde", ["dpmpp_2m_sde", "DPM++ 2M SDE"], order: 2, isStochastic: true)

  private static func dpmSolver(
    _ name: String, _ aliases: [String], order: Int, isStochastic: Bool = false
  ) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: "DPM-Solver++ multistep\(isStochastic ? ", stochastic" : "")",
      paper: "arXiv:2211.01095", order: order, evaluationsPerStep: 1, isStochastic: isStochastic,
      schedules: kDiffusionSchedules, defaultSchedule: .linspace, accepted: dpmSolverSettings,
      takesZeroTerminalSNR: true
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.discrete(configuration, options, schedule)
      return try SamplingPlan(
        solver: DPMSolverMultistep(order: order, isStochastic: isStochastic),
        steps: grid.steps(variancePreserving: true), schedule: grid.table,
        predictionType: configuration.predictionType ?? .epsilon, limit: configuration.thresholdLimit)
    }
  }
  public static let dpmpp2mSDEBrownian = sigmaSampler(
    "dpm++2m_sde_brownian", aliases: ["dpmpp_2m_sde_gpu", "k_dpmpp_2m_sde", "sample_dpmpp_2m_sde"],
    summary: "DPM-Solver++ multistep, stochastic, on a Brownian path", paper: "arXiv:2211.01095", order: 2,
    isStochastic: true, solver: DPMSolverMultistep(order: 2, isStochastic: true), followsPath: true)
  public static let dpmpp2mSDEHeun = sigmaSampler(
    "dpm++2m_sde_heun",
    aliases: ["dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu", "DPM++ 2M SDE Heun", "k_dpmpp_2m_sde_heun"],
    summary: "DPM-Solver++ multistep with Heun's correction, stochastic, on a Brownian path",
    paper: "arXiv:2211.01095", order: 2, isStochastic: true,
    solver: DPMSolverMultistep(order: 2, isStochastic: true, correction: .heun), followsPath: true)
  public static let dpmpp3mSDE = sigmaSampler(
    "dpm++3m_sde",
    aliases: [
      "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "DPM++ 3M SDE", "k_dpmpp_3m_sde", "sample_dpmpp_3m_sde",
    ],
    summary: "DPM-Solver++ multistep, stochastic, on a Brownian path", paper: "arXiv:2211.01095", order: 3,
    isStochastic: true,
    solver: DPMSolverMultistep(
      order: 3, isStochastic: true, correction: .heun, lowersFinalOrders: false), followsPath: true)
}
