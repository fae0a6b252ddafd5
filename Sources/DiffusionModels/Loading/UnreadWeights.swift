import Checkpoints

extension Weights {
  /// Fails if there is a tensor that nothing read, other than those below `others` (the half of a model that is not
  /// being loaded) and schedule buffers.
  func verifyAllRead(exceptScopes others: Set<String>) throws(WeightsError) {
    try verifyAllRead { name in
      isScheduleBuffer(name) || name.split(separator: ".").contains { others.contains(String($0)) }
    }
  }
}

/// Noise schedules and position numbers that training scripts left in checkpoints: they carry nothing that is learnt.
private func isScheduleBuffer(_ name: String) -> Bool {
  scheduleBuffers.contains { name == $0 || name.hasSuffix("." + $0) }
}

private let scheduleBuffers = [
  "position_ids", "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
  "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod",
  "sqrt_recipm1_alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped",
  "posterior_mean_coef1", "posterior_mean_coef2", "lvlb_weights", "model_ema.decay", "model_ema.num_updates",
]
