import Tensors

/// What a network's output means.
public enum PredictionType: String, Codable, CaseIterable, Sendable {
  /// The noise ε (Ho et al. 2020).
  case epsilon
  /// v = signal·ε − noise·x₀ (Salimans and Ho 2022).
  case velocity = "v_prediction"
  /// The clean sample x₀.
  case sample

  /// Reads a network's output for an input at a variance-preserving level.
  func prediction(from output: Tensor, input: Tensor, signal: Double, noise: Double) -> Prediction {
    let (a, s) = (Float(signal), Float(noise))
    switch self {
    case .epsilon:
      return Prediction(denoised: quotient(input, minus: s, output, over: a), noise: output)
    case .velocity:
      return Prediction(denoised: blend(a, input, -s, output), noise: blend(a, output, s, input))
    case .sample:
      return Prediction(denoised: output, noise: quotient(input, minus: a, output, over: s))
    }
  }
}

/// A denoiser's estimate at one level: x = signal·denoised + noise·ε, before `denoised` is limited.
public struct Prediction: Sendable {
  public var denoised: Tensor
  public var noise: Tensor
}
