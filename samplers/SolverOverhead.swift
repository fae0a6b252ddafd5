import Tensors

/// What a solver costs beside its network.
public enum SolverOverhead {
  /// Seconds a step of a run around a network that does nothing, the best of `repetitions`. `shape` is that of one
  /// picture's latents, (C, H, W).
  public static func secondsPerStep(
    of sampler: SamplerKind, stepCount: Int = 20, shape: [Int] = [4, 64, 64], repetitions: Int = 3
  ) throws -> Double {
    var configuration = SchedulerConfiguration()
    configuration.clipSample = false
    let plan = try sampler.plan(configuration, SamplerOptions(stepCount: stepCount))
    var best = Double.infinity
    for _ in 0..<max(repetitions, 1) {
      var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: shape, layout: .channelsFirst)
      let latents = plan.initialLatents(noise: noise.next())
      var run = Sampling(plan, latents: latents, noise: plan.noise(after: noise, seeds: [0])) { x, _ in x }
      let start = ContinuousClock().now
      var parts = 0
      while try run.next() != nil { parts += 1 }
      best = min(best, (ContinuousClock().now - start) / .seconds(1) / Double(max(parts, 1)))
    }
    return best
  }
}
