import Foundation
import Tensors

/// The extended reverse-time SDE solver of order 3, with the noise scale φ(σ) = σ·(exp(σ^0.3) + 10) (Cui et al. 2023,
/// "Elucidating the solution space of extended reverse-time SDE for diffusion models", as in ComfyUI's `sample_er_sde`).
public struct ERSDE: Solver {
  public let order: Int
  /// Newest first: σ, the clean sample and its slope over the step that led there.
  private var history: [(sigma: Double, denoised: Tensor, slope: Tensor?)] = []

  public init(order: Int = 3) {
    precondition((1...3).contains(order))
    self.order = order
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    guard step.to.noise > 0 else { return denoised }
    let (from, to) = (step.from.noise, step.to.noise)
    let ratio = Self.scale(to) / Self.scale(from)
    var next = blend(Float(ratio), latents, Float(1 - ratio), denoised)
    var slope: Tensor?
    if order > 1, let last = history.first {
      let width = to - from
      let (zeroth, first) = Self.integrals(from: from, to: to)
      let change = slopeOf(denoised, last.denoised, over: from - last.sigma)
      slope = change
      next = add(next, Float(width + zeroth * Self.scale(to)), change)
      if order > 2, history.count > 1, let lastSlope = last.slope {
        let curvature = slopeOf(change, lastSlope, over: (from - history[1].sigma) / 2)
        next = add(next, Float(width * width / 2 + first * Self.scale(to)), curvature)
      }
    }
    history = [(from, denoised, slope)] + history.prefix(1)
    // Rounding alone can make the difference negative.
    let deviation = max(to * to - from * from * ratio * ratio, 0).squareRoot()
    return add(next, Float(deviation), noise.next(from: step.from, to: step.to))
  }

  private func slopeOf(_ new: Tensor, _ old: Tensor, over width: Double) -> Tensor {
    let width = Float(width)
    return elementwise(new, old) { ($0 - $1) / width }
  }

  private static func scale(_ sigma: Double) -> Double { sigma * (exp(pow(sigma, 0.3)) + 10) }

  /// ∫ 1/φ and ∫ (λ − from)/φ over the step, by the same 200 left rectangles as the published program.
  private static func integrals(from: Double, to: Double) -> (zeroth: Double, first: Double) {
    let width = (from - to) / 200
    var sums = (0.0, 0.0)
    for index in 0..<200 {
      let position = to + Double(index) * width
      let density = width / scale(position)
      sums.0 += density
      sums.1 += (position - from) * density
    }
    return sums
  }
}

extension SamplerKind {
  public static let erSDE = sigmaSampler(
    "er_sde", aliases: ["ER SDE", "sample_er_sde"], summary: "Extended reverse-time SDE",
    paper: "arXiv:2309.06169", order: 3, isStochastic: true, solver: ERSDE())
}
