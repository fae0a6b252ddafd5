import Tensors

/// Linear multistep of order 4 on dx/dσ: the polynomial through the last slopes, integrated over the step (k-diffusion's
/// `sample_lms`).
public struct LMS: Solver {
  /// Newest first.
  private var history: [(sigma: Double, slope: Tensor)] = []

  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let slope = try step.from.derivative(latents, denoise)
    history = [(step.from.noise, slope)] + history.prefix(3)
    let sigmas = history.map(\.sigma)
    let weights = sigmas.indices.map { Float(Self.coefficient($0, sigmas, to: step.to.noise)) }
    var change = weights[0] * slope
    for (weight, point) in zip(weights, history).dropFirst() { change = add(change, weight, point.slope) }
    return add(latents, 1, change)
  }

  /// The integral from the newest σ to `end` of the Lagrange polynomial that is 1 at `sigmas[index]`. Two points of
  /// Gauss and Legendre are exact for cubics.
  private static func coefficient(_ index: Int, _ sigmas: [Double], to end: Double) -> Double {
    let (middle, half) = ((sigmas[0] + end) / 2, (end - sigmas[0]) / 2)
    return [-1.0, 1.0].reduce(0) { sum, sign in
      let tau = middle + sign * half / 3.0.squareRoot()
      return sum
        + sigmas.indices.reduce(half) { product, k in
          k == index ? product : product * (tau - sigmas[k]) / (sigmas[index] - sigmas[k])
        }
    }
  }
}

extension SamplerKind {
  public static let lms = SamplerKind(
    name: "lms", aliases: ["k_lms", "LMSDiscreteScheduler", "sample_lms"],
    summary: "Linear multistep", paper: "arXiv:2206.00364", order: 4, evaluationsPerStep: 1,
    isStochastic: false,
    schedules: kDiffusionSchedules, defaultSchedule: .linspace
  ) { configuration, options, schedule throws(SamplerError) in
    let grid = try SigmaGrid.continuous(configuration, options, schedule)
    return try SamplingPlan(
      solver: LMS(), steps: grid.steps(variancePreserving: false), schedule: grid.table,
      predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale)
  }
}
