import Tensors

/// Improved pseudo linear multistep: Adams–Bashforth of order 4 on dx/dσ with the weights of even steps, its order growing
/// from 1; the last step is the clean sample (Zhang and Chen 2022, as in ComfyUI's `sample_ipndm`).
public struct IPNDM: Solver {
  /// Newest first.
  private var history: [Tensor] = []

  public init() {}

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    guard step.to.noise > 0 else { return denoised }
    history =
      [quotient(latents, minus: 1, denoised, over: Float(step.from.noise))] + history.prefix(3)
    return add(latents, Float(step.to.noise) - Float(step.from.noise), adamsBashforth(history))
  }
}

/// The average of up to four slopes, newest first, that extrapolates them over the next step of the same width.
func adamsBashforth(_ e: [Tensor]) -> Tensor {
  switch e.count {
  case 1: e[0]
  case 2: quotient(blend(3, e[0], -1, e[1]), over: 2)
  case 3: quotient(add(blend(23, e[0], -16, e[1]), 5, e[2]), over: 12)
  default: quotient(add(add(blend(55, e[0], -59, e[1]), 37, e[2]), -9, e[3]), over: 24)
  }
}

extension SamplerKind {
  public static let ipndm = sigmaSampler(
    "ipndm", aliases: ["i_pndm", "IPNDMScheduler", "sample_ipndm"],
    summary: "Improved pseudo linear multistep", paper: "arXiv:2204.13902", order: 4, solver: IPNDM())
}
