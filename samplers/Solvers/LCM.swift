import Tensors

/// Multistep consistency sampling of a distilled model (Luo et al. 2023): each step predicts the clean sample and adds
/// fresh noise of the next level.
public struct LCM: Solver {
  /// What the timestep is multiplied by in the boundary condition.
  public let timestepScaling: Double

  public init(timestepScaling: Double = 10) { self.timestepScaling = timestepScaling }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let prediction = try denoise(latents, step.from)
    // c_skip and c_out of the consistency model, with data of standard deviation ½.
    let scaled = (step.from.timestep ?? 0) * timestepScaling
    let square = scaled * scaled + 0.25
    let denoised = blend(
      Float(scaled / square.squareRoot()), prediction.denoised, Float(0.25 / square), latents)
    guard !step.isLast else { return denoised }
    return step.to.mixing(clean: denoised, noise: noise.next(from: step.from, to: step.to))
  }
}

extension SamplerKind {
  public static let lcm = SamplerKind(
    name: "lcm", aliases: ["LCMScheduler", "sample_lcm"], summary: "Latent consistency model",
    paper: "arXiv:2310.04378", order: 1, evaluationsPerStep: 1, isStochastic: true,
    // A trailing grid over the steps of the distillation; it has no other.
    schedules: [.trailing], defaultSchedule: .trailing,
    takesZeroTerminalSNR: true, takesLevels: .timesteps
  ) { configuration, options, _ throws(SamplerError) in
    let (table, timesteps) = try configuration.distilled(options)
    return try SamplingPlan(
      solver: LCM(timestepScaling: configuration.others["timestep_scaling"].flatMap(Double.init) ?? 10),
      steps: table.steps(timesteps, final: NoiseLevel(timestep: nil, alphaCumprod: 1)), schedule: table,
      predictionType: configuration.predictionType ?? .epsilon,
      limit: configuration.sampleLimit(clipsByDefault: false))
  }
}
