import Foundation
import Tensors

/// DPM-Solver++ of order 2 with its midpoint halfway in ln σ, to below the next level, then fresh noise up to it
/// (k-diffusion's `sample_dpmpp_2s_ancestral`; Lu et al. 2022).
public struct DPMpp2SAncestral: Solver {
  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    let (down, up) = step.from.ancestral(to: step.to)
    guard step.to.noise > 0 else { return denoised }
    let from = step.from.noise
    var estimate = denoised
    // σ_down is zero where a rounding error says so.
    if down > 0 {
      let (start, end) = (step.from.time, NoiseLevel(timestep: nil, sigma: Double(down)).time)
      let middle = NoiseLevel(time: start + (end - start) * 0.5)
      let ratio = Float(middle.noise / from)
      estimate = try denoise(blend(ratio, latents, 1 - ratio, denoised), middle).denoised
    }
    let ratio = Float(Double(down) / from)
    return add(
      blend(ratio, latents, 1 - ratio, estimate), up, noise.next(from: step.from, to: step.to))
  }
}

extension SamplerKind {
  public static let dpmpp2sAncestral = sigmaSampler(
    "dpm++2s_a",
    aliases: [
      "dpmpp_2s_a", "dpmpp_2s_ancestral", "DPM++ 2S a", "k_dpmpp_2s_a", "sample_dpmpp_2s_ancestral",
    ],
    summary: "DPM-Solver++ singlestep with ancestral noise", paper: "arXiv:2211.01095", order: 2,
    evaluationsPerStep: 2, isStochastic: true, solver: DPMpp2SAncestral())
}
