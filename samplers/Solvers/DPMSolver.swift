import Foundation
import Tensors

/// The exponential Runge–Kutta steps of DPM-Solver on the noise, in σ form: time is −ln σ (Lu et al. 2022, "DPM-Solver",
/// algorithms 1, 2 and 4 with r₁ = ½, or ⅓ and ⅔).
struct DPMSolver {
  let denoise: Denoise
  let x: Tensor
  /// The noise at the start.
  let noise: Tensor
  let from: Double
  let to: Double

  /// Evaluates at the start.
  init(_ x: Tensor, from: Double, to: Double, denoise: @escaping Denoise) throws {
    self.denoise = denoise
    self.x = x
    (self.from, self.to) = (from, to)
    noise = try Self.noise(x, from, denoise)
  }

  private var h: Double { to - from }

  func first() -> Tensor { move(to, noise) }

  /// `ratio` is where the middle evaluation lies.
  func second(ratio: Double = 0.5, middle: Tensor? = nil) throws -> Tensor {
    let middle = try middle ?? evaluate(ratio, move(from + ratio * h, noise))
    return add(first(), Float(-exp(-to) * expm1(h) / (2 * ratio)), difference(middle))
  }

  /// The step of order 3 and, from two of its evaluations, that of order 2.
  func third() throws -> (low: Tensor, high: Tensor) {
    let (r1, r2) = (1.0 / 3, 2.0 / 3)
    let early = try evaluate(r1, move(from + r1 * h, noise))
    let time = from + r2 * h
    let weight = -exp(-time) * (r2 / r1) * (expm1(r2 * h) / (r2 * h) - 1)
    let late = try evaluate(r2, add(move(time, noise), Float(weight), difference(early)))
    let high = add(first(), Float(-exp(-to) / r2 * (expm1(h) / h - 1)), difference(late))
    return (try second(ratio: r1, middle: early), high)
  }

  /// Order 1 from the start to a time.
  private func move(_ time: Double, _ noise: Tensor) -> Tensor {
    add(x, Float(-exp(-time) * expm1(time - from)), noise)
  }

  private func difference(_ other: Tensor) -> Tensor { elementwise(other, noise) { $0 - $1 } }

  private func evaluate(_ ratio: Double, _ latents: Tensor) throws -> Tensor {
    try Self.noise(latents, from + ratio * h, denoise)
  }

  private static func noise(_ x: Tensor, _ time: Double, _ denoise: Denoise) throws -> Tensor {
    try NoiseLevel(timestep: nil, sigma: exp(-time)).derivative(x, denoise)
  }
}
