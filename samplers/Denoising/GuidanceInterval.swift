/// The part of a run in which guidance is on (Kynkäänniemi et al. 2024, "Applying guidance in a limited interval").
public enum GuidanceInterval: Sendable, Equatable {
  /// From step ⌊start·count⌋ up to, but not including, step ⌊stop·count⌋: the `start` and `stop` of diffusers' guiders.
  case steps(start: Double, stop: Double)
  /// Where a step begins at a σ in the range, as in the paper.
  case sigmas(ClosedRange<Double>)

  public static let always = GuidanceInterval.steps(start: 0, stop: 1)

  func contains(step index: Int, of count: Int, level: NoiseLevel) -> Bool {
    switch self {
    case .steps(let start, let stop):
      Int(start * Double(count)) <= index && index < Int(stop * Double(count))
    case .sigmas(let range): range.contains(level.sigma)
    }
  }
}
