import Samplers
import Tensors

/// How many steps of a sampler a number of evaluations pays for.
struct EvaluationBudget {
  let kind: SamplerKind
  let configuration: SchedulerConfiguration
  /// The levels of all runs; nil where each sampler chooses its own by a schedule.
  let grid: BenchmarkGrid?
  let schedule: ScheduleName?

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
    guard let grid else {
      let own = schedule.flatMap { kind.schedules.contains($0) ? $0 : nil }
      return try kind.plan(
        configuration, SamplerOptions(stepCount: steps, schedule: own ?? kind.defaultSchedule))
    }
    // Zero terminal SNR for all, also for the samplers that leave it alone in diffusers: the model was trained with it.
    var options = SamplerOptions(stepCount: steps, zeroTerminalSNR: configuration.rescalesToZeroTerminalSNR)
    options.sigmas = grid.sigmas(steps)
    do {
      return try kind.plan(configuration, options)
    } catch .givenLevels {
      options.sigmas = nil
    }
    // Samplers that take timesteps only end at the first one's level by themselves, or where their model says.
    options.timesteps = grid.timesteps(steps)
    do {
      return try kind.plan(configuration, options)
    } catch .givenLevels(let reason) {
      guard steps <= grid.start else { throw .givenLevels(reason) }
    }
    return try kind.plan(configuration, SamplerOptions(stepCount: steps, schedule: .trailing))
  }

  private func count(_ plan: SamplingPlan) -> Int? {
    let latents = plan.initialLatents(noise: Tensor([1], shape: [1, 1, 1, 1]))
    let noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    var run = Sampling(plan, latents: latents, noise: noise) { input, _ in 0.5 * input }
    return (try? run.finish()).map { _ in run.evaluations }
  }
}
