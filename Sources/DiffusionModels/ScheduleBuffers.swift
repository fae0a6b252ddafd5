/// Noise schedules and position numbers that training scripts left in checkpoints: they carry nothing that is learnt.
func isScheduleBuffer(_ name: String) -> Bool {
  scheduleBuffers.contains { name == $0 || name.hasSuffix("." + $0) }
}

private let scheduleBuffers = [
  "position_ids", "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
  "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod",
  "sqrt_recipm1_alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped",
  "posterior_mean_coef1", "posterior_mean_coef2", "lvlb_weights", "model_ema.decay", "model_ema.num_updates",
]
