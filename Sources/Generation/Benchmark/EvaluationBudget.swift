import Samplers
import Tensors

/// How many steps of a sampler a number of evaluations pays for.
struct EvaluationBudget {
  let kind: SamplerKind
  let configuration: SchedulerConfiguration
  let schedule: ScheduleName
  /// The timestep at which trailing runs start.
  let start: Int

  /// The plan of the most steps within the budget; nil where even one step takes more, or the sampler refuses. It is
  /// found by counting the calls of a network that says nothing: what each solver says of itself need not be believed.
  func plan(evaluations: Int) -> (steps: Int, plan: SamplingPlan)? {
    var steps = evaluations
    while steps > 0 {
      guard let plan = try? plan(steps: steps) else {
        steps -= 1
        continue
      }
      guard let count = count(plan), count > evaluations else { return (steps, plan) }
      // Never below what a cost of two or three evaluations a step would leave.
      steps -= max(1, (count - evaluations) / 3)
    }
    return nil
  }

  func plan(steps: Int) throws(SamplerError) -> SamplingPlan {
    guard schedule == .trailing, kind.schedules.contains(.trailing) else {
      return try kind.plan(configuration, SamplerOptions(stepCount: steps, schedule: schedule))
    }
    // Zero terminal SNR for all, also for the samplers that leave it alone in diffusers: the model was trained with it.
    let options = SamplerOptions(
      stepCount: steps, timesteps: Self.timesteps(from: start, count: steps),
      zeroTerminalSNR: configuration.rescalesToZeroTerminalSNR)
    do {
      return try kind.plan(configuration, options)
    } catch .givenLevels(let reason) {
      // A sampler that takes no timesteps runs as it does anywhere.
      guard steps <= start + 1 else { throw .givenLevels(reason) }
      return try kind.plan(configuration, SamplerOptions(stepCount: steps, schedule: schedule))
    }
  }

  /// The trailing grid of a schedule that ends at `start`.
  static func timesteps(from start: Int, count: Int) -> [Int] {
    (0..<count).map { Int((Double((start + 1) * (count - $0)) / Double(count)).rounded()) - 1 }
  }

  /// The last timestep whose noise is not above a limit.
  static func start(
    _ configuration: SchedulerConfiguration, maximumSigma: Double
  ) throws(SamplerError) -> Int {
    let table = try configuration.noiseSchedule()
    return (0..<table.count).last { table.level(at: $0).sigma <= maximumSigma } ?? 0
  }

  private func count(_ plan: SamplingPlan) -> Int? {
    let latents = plan.initialLatents(noise: Tensor([1], shape: [1, 1, 1, 1]))
    let noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    var run = Sampling(plan, latents: latents, noise: noise) { input, _ in 0.5 * input }
    return (try? run.finish()).map { _ in run.evaluations }
  }
}
