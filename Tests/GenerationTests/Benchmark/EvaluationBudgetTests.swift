import Samplers
import Tensors
import Testing

@testable import Generation

@Suite struct EvaluationBudgetTests {
  private func budget(_ name: String) throws -> EvaluationBudget {
    var configuration = SchedulerConfiguration()
    (configuration.betaStart, configuration.betaEnd) = (0.00085, 0.012)
    configuration.betaSchedule = "scaled_linear"
    return EvaluationBudget(
      kind: try SamplerCatalog.sampler(named: name), configuration: configuration,
      grid: try BenchmarkGrid(configuration, maximumSigma: 10), schedule: nil)
  }

  private func evaluations(_ plan: SamplingPlan) throws -> Int {
    var run = Sampling(
      plan, latents: Tensor([1], shape: [1, 1, 1, 1]),
      noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    ) { input, _ in 0.5 * input }
    _ = try run.finish()
    return run.evaluations
  }

  /// As many steps as fit, and no more.
  @Test(arguments: SamplerCatalog.all.map(\.name)) func budgetsAreKept(_ name: String) throws {
    for count in [2, 5, 10, 21, 50] {
      guard let (steps, plan) = try budget(name).plan(evaluations: count) else { continue }
      let used = try evaluations(plan)
      #expect(used <= count && used > 0, "\(name) \(count)")
      if let more = try? budget(name).plan(steps: steps + 1), steps < count {
        #expect(try evaluations(more) > count, "\(name) \(count)")
      }
    }
  }

  @Test func stepsOfSomeSamplers() throws {
    func steps(_ name: String, _ count: Int) throws -> Int? {
      try budget(name).plan(evaluations: count)?.steps
    }
    #expect(try steps("euler", 10) == 10)
    #expect(try steps("heun", 10) == 5)
    #expect(try steps("plms", 10) == 9)
    #expect(try steps("heun", 1) == nil)
  }

  /// All runs go over the same range.
  @Test func runsShareTheirEnds() throws {
    for name in ["ddim", "euler", "heun", "dpm++2m", "unipc", "deis", "lms"] {
      let plan = try #require(budget(name).plan(evaluations: 20)).plan
      let (first, last) = try (#require(plan.steps.first).from, #require(plan.steps.last).to)
      #expect(abs(first.sigma - 9.98) < 0.03, "\(name): \(first.sigma)")
      #expect(abs(last.sigma - 0.02917) < 1e-4 || last.noise == 0 && name == "ddim", "\(name): \(last.sigma)")
    }
  }
}
