extension SamplingPlan {
  /// The plan of one of two models that share a run (an ensemble of experts, Balaji et al. 2022): the steps that begin at
  /// or above a noise level, or those below. As diffusers' `denoising_end` and `denoising_start`.
  ///
  /// - Parameter share: of the training timesteps, counted from the noisiest, that the first model takes, 0…1.
  public func part(first isFirst: Bool, sharing share: Double) throws(SamplerError) -> SamplingPlan {
    guard (0...1).contains(share) else { throw .share(share) }
    let count = Double(schedule.count)
    let cutoff = (count - share * count).rounded(.toNearestOrEven)
    let second = steps.count { ($0.from.timestep ?? schedule.timestep(ofSigma: $0.from.sigma)) < cutoff }
    guard second > 0, second < steps.count else { throw .share(share) }
    var plan = self
    plan.steps = isFirst ? Array(steps.dropLast(second)) : Array(steps.suffix(second))
    return plan
  }
}
