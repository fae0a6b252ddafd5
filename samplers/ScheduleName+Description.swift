/// What `gen samplers` says of a schedule.
extension ScheduleName {
  /// The names that diffusers, A1111's web UI, ComfyUI and stable-diffusion.cpp use for it.
  public var aliases: [String] {
    switch self {
    case .alignYourSteps: ["align_your_steps", "ays_sd1"]
    case .alignYourStepsXL: ["align_your_steps_sdxl"]
    case .alignYourStepsVideo: ["align_your_steps_svd"]
    case .normal: ["uniform", "discrete"]
    case .ddimUniform: ["ddim"]
    default: []
    }
  }

  public var summary: String {
    switch self {
    case .leading: "multiples of ⌊T/N⌋ and an offset; the last training timestep is left out"
    case .trailing: "T, T − T/N, … each less one; the last training timestep is the first step"
    case .linspace: "even timesteps from the last to the first"
    case .karras: "even in σ^(1/ρ), ρ 7"
    case .exponential: "even in ln σ"
    case .polyexponential: "even in ln σ, the ramp raised to ρ (1)"
    case .beta: "quantiles of the beta distribution with α = β = 0.6, over σ"
    case .normal: "even timesteps from the last to the first, σ interpolated in ln σ"
    case .simple: "every (T/N)th level from the top"
    case .sgmUniform: "even timesteps, the lowest left out"
    case .ddimUniform: "every ⌊T/N⌋th level from timestep 1; can be a step more than asked for"
    case .alignYourSteps: "optimised for Stable Diffusion 1, 10 steps; log-linear between them"
    case .alignYourStepsXL: "optimised for Stable Diffusion XL, 10 steps; log-linear between them"
    case .alignYourStepsVideo: "optimised for Stable Video Diffusion, 10 steps; log-linear between them"
    case .gits: "optimised for Stable Diffusion 1, 2 to 20 steps (coefficient 1.20); log-linear beyond"
    case .klOptimal: "even in arctan σ"
    case .linearQuadratic: "small even steps for the first half, then a parabola"
    }
  }

  /// The paper or program that it comes from.
  public var origin: String {
    switch self {
    case .leading, .trailing, .linspace: "arXiv:2305.08891"
    case .karras: "arXiv:2206.00364"
    case .exponential, .polyexponential: "k-diffusion"
    case .beta: "arXiv:2407.12173"
    case .normal, .simple, .ddimUniform: "ComfyUI"
    case .sgmUniform: "generative-models"
    case .alignYourSteps, .alignYourStepsXL, .alignYourStepsVideo, .klOptimal: "arXiv:2404.14507"
    case .gits: "arXiv:2405.11326"
    case .linearQuadratic: "Mochi 1"
    }
  }
}
