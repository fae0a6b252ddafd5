import Tensors

/// How a predicted clean sample is kept in range: for models of pixels, never for latents.
public enum SampleLimit: Sendable, Equatable {
  case none
  /// Clips to [−range, range].
  case clip(Float)
  /// Clips each picture to the quantile `ratio` of its magnitudes, limited to 1…maximum, and divides by it (Saharia
  /// et al. 2022, "dynamic thresholding").
  case threshold(ratio: Float, maximum: Float)

  func callAsFunction(_ sample: Tensor) -> Tensor {
    switch self {
    case .none: return sample
    case .clip(let range): return sample.clamped(-range...range)
    case .threshold(let ratio, let maximum):
      let pictures = (0..<sample.shape[0]).map { index -> Tensor in
        let picture = sample[index..<index + 1]
        // In this order, so that a maximum below 1 wins, as in `torch.clamp`.
        let bound = min(max(quantile(ratio, picture.floats.map(abs)), 1), maximum)
        // Not a number where the picture already is; then there is nothing left to limit.
        return bound.isNaN ? picture : quotient(picture.clamped(-bound...bound), over: bound)
      }
      return Tensor.concatenating(pictures)
    }
  }

  /// `torch.quantile`: linear interpolation between the two neighbouring ranks.
  private func quantile(_ ratio: Float, _ values: [Float]) -> Float {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let rank = ratio * Float(values.count - 1)
    let lower = Int(rank)
    let upper = min(lower + 1, values.count - 1)
    return sorted[lower] + (rank - Float(lower)) * (sorted[upper] - sorted[lower])
  }
}
