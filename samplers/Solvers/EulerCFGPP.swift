import Tensors

/// Euler's method in the form of CFG++ (Chung et al. 2024): the clean sample is the guided one, but the noise that is kept
/// is that of the unconditional prediction, so the guidance scale stays in 0…1 or little above. Ancestral on demand
/// (ComfyUI's `sample_euler_cfg_pp` and `sample_euler_ancestral_cfg_pp`).
public struct EulerCFGPP: Solver {
  public let isAncestral: Bool
  public var needsUnconditional: Bool { true }
  /// The paper's λ that corresponds to a classifier-free scale of 7.5.
  public var preferredGuidanceScale: Float? { 0.6 }

  public init(isAncestral: Bool = false) { self.isAncestral = isAncestral }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let (from, to) = (step.from, step.to)
    let prediction = try denoise(latents, from)
    guard to.noise > 0 else { return prediction.denoised }
    // Where guidance is off, the one prediction is both.
    let slope = quotient(
      latents, minus: 1, prediction.unconditional ?? prediction.denoised, over: Float(from.noise))
    guard isAncestral else { return add(prediction.denoised, Float(to.noise), slope) }
    let (down, up) = from.ancestral(to: to)
    return add(add(prediction.denoised, down, slope), up, noise.next(from: from, to: to))
  }
}

extension SamplerKind {
  public static let eulerCFGPP = cfgpp(
    name: "euler_cfg_pp", aliases: ["euler_cfg++", "sample_euler_cfg_pp"],
    summary: "Euler's method with CFG++ guidance; scales of 0 to 1 or a little more", isAncestral: false)

  public static let eulerAncestralCFGPP = cfgpp(
    name: "euler_a_cfg_pp",
    aliases: [
      "euler_ancestral_cfg_pp", "euler_a_cfg++", "euler_ancestral_cfg++", "sample_euler_ancestral_cfg_pp",
    ],
    summary: "Ancestral Euler's method with CFG++ guidance; scales of 0 to 1 or a little more",
    isAncestral: true)

  private static func cfgpp(
    name: String, aliases: [String], summary: String, isAncestral: Bool
  ) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: summary, paper: "arXiv:2406.08070", order: 1,
      evaluationsPerStep: 1, isStochastic: isAncestral, schedules: kDiffusionSchedules,
      defaultSchedule: .linspace, takesZeroTerminalSNR: true
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.continuous(configuration, options, schedule)
      return try SamplingPlan(
        solver: EulerCFGPP(isAncestral: isAncestral), steps: grid.steps(variancePreserving: false),
        schedule: grid.table, predictionType: configuration.predictionType ?? .epsilon,
        initialNoiseScale: grid.initialScale)
    }
  }
}
