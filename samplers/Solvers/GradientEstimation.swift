import Tensors

/// Euler's method with the slope extrapolated by γ − 1 times its last change; the last step is the clean sample
/// (Permenter and Yuan 2023, as in ComfyUI's `sample_gradient_estimation`).
public struct GradientEstimation: Solver {
  public let gamma: Double
  private var last: Tensor?

  public init(gamma: Double = 2) { self.gamma = gamma }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let denoised = try denoise(latents, step.from).denoised
    guard step.to.noise > 0 else { return denoised }
    let slope = quotient(latents, minus: 1, denoised, over: Float(step.from.noise))
    defer { last = slope }
    let width = Float(step.to.noise) - Float(step.from.noise)
    let next = add(latents, width, slope)
    guard let last else { return next }
    let excess = Float(gamma - 1)
    return add(next, width, elementwise(slope, last) { excess * ($0 - $1) })
  }
}

extension SamplerKind {
  public static let gradientEstimation = sigmaSampler(
    "gradient_estimation", aliases: ["gradient estimate", "sample_gradient_estimation"],
    summary: "Euler's method with an extrapolated slope, γ 2", paper: "arXiv:2306.04848", order: 1,
    solver: GradientEstimation())
}
