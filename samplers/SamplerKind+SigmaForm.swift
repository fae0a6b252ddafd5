extension SamplerKind {
  /// A solver in σ form on Euler's grid, as k-diffusion has them; `followsPath` if its noise is a Brownian path.
  static func sigmaSampler(
    _ name: String, aliases: [String], summary: String, paper: String, order: Int,
    evaluationsPerStep: Int = 1, isStochastic: Bool = false, solver: some Solver, followsPath: Bool = false
  ) -> SamplerKind {
    SamplerKind(
      name: name, aliases: aliases, summary: summary, paper: paper, order: order,
      evaluationsPerStep: evaluationsPerStep, isStochastic: isStochastic, schedules: kDiffusionSchedules,
      defaultSchedule: .linspace, takesZeroTerminalSNR: true
    ) { configuration, options, schedule throws(SamplerError) in
      let grid = try SigmaGrid.continuous(configuration, options, schedule)
      return try SamplingPlan(
        solver: solver, steps: grid.steps(variancePreserving: false), schedule: grid.table,
        predictionType: configuration.predictionType ?? .epsilon, initialNoiseScale: grid.initialScale,
        noiseKind: followsPath ? grid.path(configuration) : .independent)
    }
  }
}

extension SigmaGrid {
  /// A Brownian path over all of the grid's levels that have noise.
  func path(_ configuration: SchedulerConfiguration) -> NoiseKind {
    let low = final > 0 ? final : sigmas[sigmas.count - 1]
    let seed = configuration.others["noise_sampler_seed"].flatMap(UInt64.init)
    return .brownian(sigmas: min(low, sigmas[0])...sigmas[0], seed: seed)
  }
}
