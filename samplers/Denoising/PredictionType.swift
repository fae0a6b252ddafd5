import Tensors

/// What a network's output means.
public enum PredictionType: String, Codable, CaseIterable, Sendable {
  /// The noise ε (Ho et al. 2020).
  case epsilon
  /// v = signal·ε − noise·x₀ (Salimans and Ho 2022).
  case velocity = "v_prediction"
  /// The clean sample x₀.
  case sample

  /// Reads a network's output for latents at a level; the network's input was the latents divided by the level's
  /// magnitude m. Velocity is defined on that input: v = (signal/m)·ε − (noise/m)·x₀.
  func prediction(from output: Tensor, latents: Tensor, level: NoiseLevel) -> Prediction {
    let (signal, noise, m) = (level.signal, level.noise, level.magnitude)
    switch self {
    case .epsilon:
      return Prediction(
        denoised: quotient(latents, minus: Float(noise), output, over: Float(signal)), noise: output)
    case .velocity:
      return Prediction(
        denoised: blend(Float(signal / (m * m)), latents, -Float(noise / m), output),
        noise: blend(Float(signal / m), output, Float(noise / (m * m)), latents))
    case .sample:
      return Prediction(
        denoised: output, noise: quotient(latents, minus: Float(signal), output, over: Float(noise)))
    }
  }
}

/// A denoiser's estimate at one level: x = signal·denoised + noise·ε, before `denoised` is limited.
public struct Prediction: Sendable {
  public var denoised: Tensor
  public var noise: Tensor
  /// The clean sample without the prompt, for the solvers that step with it.
  public var unconditional: Tensor?

  public init(denoised: Tensor, noise: Tensor, unconditional: Tensor? = nil) {
    self.denoised = denoised
    self.noise = noise
    self.unconditional = unconditional
  }
}
