import Foundation
import Tensors

/// The stochastic Adams solver with data prediction (Xue et al. 2023): an Adams–Bashforth predictor and an Adams–Moulton
/// corrector on the SDE of noise τ, exact in the exponential. The corrector uses the next step's evaluation and the noise
/// of the step it corrects. τ is 1 within a range of timesteps and 0 outside it.
public struct SASolver: Solver {
  public let predictorOrder: Int
  public let correctorOrder: Int
  /// The timesteps at which steps are stochastic.
  public let stochasticTimesteps: ClosedRange<Double>
  /// Newest first.
  private var history: [(level: NoiseLevel, denoised: Tensor)] = []
  private var last: (latents: Tensor, noise: Tensor, correctorOrder: Int)?
  private var stepsTaken = 0

  public init(
    predictorOrder: Int = 2, correctorOrder: Int = 2, stochasticTimesteps: ClosedRange<Double> = 200...800
  ) {
    precondition((1...4).contains(predictorOrder) && (1...4).contains(correctorOrder))
    self.predictorOrder = predictorOrder
    self.correctorOrder = correctorOrder
    self.stochasticTimesteps = stochasticTimesteps
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    // As many steps as there are timesteps take one of them twice. A last step of no width still corrects.
    guard step.from.sigma != step.to.sigma || step.isLast else { return latents }
    let points = [(level: step.from, denoised: denoised)] + history
    var corrected = latents
    if let last, let previous = history.first?.level {
      corrected = update(
        last.latents, from: previous, to: step.from, points: Array(points.prefix(last.correctorOrder)),
        noise: last.noise, isCorrector: true)
    }
    let memory = max(predictorOrder, correctorOrder - 1)
    history = Array(points.prefix(memory))
    let remaining = step.count - step.index
    let order = min(predictorOrder, remaining, stepsTaken + 1)
    let sample = noise.next(from: step.from, to: step.to)
    last = (corrected, sample, min(correctorOrder, remaining + 1, stepsTaken + 2))
    stepsTaken = min(stepsTaken + 1, memory)
    return update(
      corrected, from: step.from, to: step.to, points: Array(history.prefix(order)), noise: sample,
      isCorrector: false)
  }

  /// The SDE from one level to a lower one with the clean sample as the polynomial in λ = ln(signal/noise) through
  /// `points`, newest first.
  private func update(
    _ x: Tensor, from: NoiseLevel, to: NoiseLevel, points: [(level: NoiseLevel, denoised: Tensor)],
    noise: Tensor, isCorrector: Bool
  ) -> Tensor {
    let tau = stochasticTimesteps.contains(from.timestep ?? -1) ? 1.0 : 0
    let rate = 1 + tau * tau
    let h = to.logSNR - from.logSNR
    // Positions relative to the end of the step, which keeps the exponentials near 1.
    let positions = points.map { $0.level.logSNR - to.logSNR }
    var weights = Self.weights(positions, h, rate)
    if points.count == 2, h != 0 {
      // A change of order h³ that helps when steps are few; the corrector's is over its own step.
      let exact = (h * rate - 1 + exp(-rate * h)) / (rate * rate)
      let correction =
        isCorrector ? h / 2 - exact / h : (h * h / 2 - exact) / (positions[0] - positions[1])
      weights[0] += correction
      weights[1] -= correction
    }
    var next = blend(
      Float(exp(-tau * tau * h) * to.noise / from.noise), x,
      Float(to.noise * (-expm1(-2 * tau * tau * h)).squareRoot()), noise)
    for (weight, point) in zip(weights, points) {
      next = add(next, Float(rate * to.signal * weight), point.denoised)
    }
    return next
  }

  /// ∫ e^{rate·u} ℓᵢ(u) du over −h…0, for the Lagrange polynomials ℓᵢ of the positions.
  private static func weights(_ positions: [Double], _ h: Double, _ rate: Double) -> [Double] {
    // The moments ∫ e^{rate·u} uᵏ du, by parts.
    var moments = [-expm1(-rate * h) / rate]
    for power in 1..<max(positions.count, 1) {
      let edge = pow(-h, Double(power)) * exp(-rate * h)
      moments.append((-edge - Double(power) * moments[power - 1]) / rate)
    }
    return positions.indices.map { index in
      // Coefficients of ℓ, lowest power first.
      var polynomial = [1.0]
      for (other, position) in positions.enumerated() where other != index {
        let scale = 1 / (positions[index] - position)
        var product = [Double](repeating: 0, count: polynomial.count + 1)
        for (power, coefficient) in polynomial.enumerated() {
          product[power] -= coefficient * position * scale
          product[power + 1] += coefficient * scale
        }
        polynomial = product
      }
      return zip(polynomial, moments).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }
}

extension SamplerKind {
  public static let saSolver = SamplerKind(
    name: "sa_solver", aliases: ["SASolverScheduler", "SA-Solver", "sample_sa_solver"],
    summary: "Stochastic Adams predictor-corrector", paper: "arXiv:2309.05019", order: 2,
    evaluationsPerStep: 1, isStochastic: true, schedules: kDiffusionSchedules, defaultSchedule: .linspace,
    accepted: [
      "predictor_order": ["1", "2", "3", "4"], "corrector_order": ["1", "2", "3", "4"], "tau_func": [],
      "algorithm_type": ["data_prediction", "dpmsolver++", "sde-dpmsolver++", "deis"],
      "lower_order_final": ["true"], "use_flow_sigmas": ["false"], "lambda_min_clipped": ["-inf"],
      "variance_type": [],
    ]
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.discrete(configuration, options, schedule)
    func order(_ name: String) -> Int { configuration.others[name].flatMap(Int.init) ?? 2 }
    // It ends at the lowest trained level; on a grid over σ, where its last step starts.
    let end = schedule.spacing == nil ? grid.sigmas[grid.sigmas.count - 1] : grid.table.sigmas[0]
    return try SamplingPlan(
      solver: SASolver(
        predictorOrder: order("predictor_order"), correctorOrder: order("corrector_order")),
      steps: grid.steps(
        variancePreserving: true, final: options.sigmas == nil ? end : grid.final), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, limit: configuration.thresholdLimit)
  }
}
