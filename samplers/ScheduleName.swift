/// Where the levels of a run lie, by the names that `--schedule` accepts.
public enum ScheduleName: String, CaseIterable, Codable, Sendable {
  case leading, trailing, linspace
  case karras, exponential, beta

  init(spacing: TimestepSpacing) {
    switch spacing {
    case .leading: self = .leading
    case .trailing: self = .trailing
    case .linspace: self = .linspace
    }
  }

  /// The schedule as a spacing in timesteps; nil for those that are spaced in σ.
  var spacing: TimestepSpacing? {
    switch self {
    case .leading: .leading
    case .trailing: .trailing
    case .linspace: .linspace
    case .karras, .exponential, .beta: nil
    }
  }

  /// `count` descending sigmas, both ends included; nil for spacings in timesteps.
  func sigmas(from high: Double, to low: Double, count: Int) -> [Double]? {
    switch self {
    case .leading, .trailing, .linspace: nil
    case .karras: SigmaSpacing.karras(from: high, to: low, count: count)
    case .exponential: SigmaSpacing.exponential(from: high, to: low, count: count)
    case .beta: SigmaSpacing.beta(from: high, to: low, count: count)
    }
  }
}
