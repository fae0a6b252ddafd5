import Tensors

/// Strategic stochastic sampling of a trajectory-consistency model (Zheng et al. 2024, algorithm 4): a deterministic jump
/// below the next level, then noise up to it. γ (`eta`) sets how far below.
public struct TCD: Solver {
  public let gamma: Double
  let schedule: NoiseSchedule

  public init(gamma: Double, schedule: NoiseSchedule) {
    self.gamma = gamma
    self.schedule = schedule
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let prediction = try denoise(latents, step.from)
    let timestep = Int(Float(1 - gamma) * Float(step.to.timestep ?? 0))
    let below = schedule.level(at: timestep)
    let jumped = below.mixing(clean: prediction.denoised, noise: prediction.noise)
    guard gamma > 0, !step.isLast else { return jumped }
    let ratio = Float(step.to.alphaCumprod) / Float(below.alphaCumprod)
    return blend(
      ratio.squareRoot(), jumped, (1 - ratio).squareRoot(), noise.next(from: step.from, to: step.to))
  }
}

extension SamplerKind {
  public static let tcd = SamplerKind(
    name: "tcd", aliases: ["TCDScheduler"], summary: "Trajectory consistency distillation",
    paper: "arXiv:2402.19159", order: 1, evaluationsPerStep: 1, isStochastic: false,
    schedules: [.trailing], defaultSchedule: .trailing,
    takesZeroTerminalSNR: true, takesLevels: .timesteps
  ) { configuration, options, _ throws(SamplerError) in
    guard (0...1).contains(options.eta) else { throw .eta(options.eta) }
    let (table, timesteps) = try configuration.distilled(options)
    return try SamplingPlan(
      solver: TCD(gamma: options.eta, schedule: table),
      steps: table.steps(timesteps, final: table.level(at: 0)), schedule: table,
      predictionType: configuration.predictionType ?? .epsilon)
  }
}
