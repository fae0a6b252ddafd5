import Foundation
import Tensors

/// The refined exponential solver with one evaluation of history (Zhang et al. 2023, "Improved order analysis and design
/// of exponential integrator for diffusion models sampling", as in ComfyUI's `res_multistep`). The ancestral form aims
/// below the next level and adds noise up to it.
public struct RESMultistep: Solver {
  public let isAncestral: Bool
  private var last: (sigma: Double, down: Double, denoised: Tensor)?

  public init(isAncestral: Bool = false) { self.isAncestral = isAncestral }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    guard step.to.noise > 0 else { return denoised }
    let from = step.from.noise
    let (down, up) = isAncestral ? step.from.ancestral(to: step.to) : (Float(step.to.noise), 0)
    let to = Double(down)
    defer { last = (from, to, denoised) }
    var next: Tensor
    if let last, to > 0 {
      let h = log(from / to)
      // Where the last evaluation lies, in steps from this one.
      let c2 = log(last.down / last.sigma) / h
      let phi1 = -expm1(-h) / h
      let phi2 = (1 - phi1) / h
      let isUsable = c2 != 0 && c2.isFinite
      let (b1, b2) = isUsable ? (phi1 - phi2 / c2, phi2 / c2) : (phi1, 0)
      next = blend(Float(exp(-h)), latents, Float(h * b1), denoised)
      next = add(next, Float(h * b2), last.denoised)
    } else {
      let slope = quotient(latents, minus: 1, denoised, over: Float(from))
      next = add(latents, down - Float(from), slope)
    }
    guard isAncestral else { return next }
    return add(next, up, noise.next(from: step.from, to: step.to))
  }
}

extension SamplerKind {
  public static let resMultistep = sigmaSampler(
    "res_multistep", aliases: ["res multistep", "sample_res_multistep"],
    summary: "Refined exponential multistep", paper: "arXiv:2308.02157", order: 2, solver: RESMultistep())
  public static let resMultistepAncestral = sigmaSampler(
    "res_multistep_a", aliases: ["res_multistep_ancestral", "sample_res_multistep_ancestral"],
    summary: "Refined exponential multistep with ancestral noise", paper: "arXiv:2308.02157", order: 2,
    isStochastic: true, solver: RESMultistep(isAncestral: true))
}
