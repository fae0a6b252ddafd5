/// Where the levels of a run lie, by the names that `--schedule` accepts.
public enum ScheduleName: String, CaseIterable, Codable, Sendable {
  case leading, trailing, linspace
  case karras, exponential, polyexponential, beta
  case normal, simple
  case sgmUniform = "sgm_uniform"
  case ddimUniform = "ddim_uniform"
  case alignYourSteps = "ays"
  case alignYourStepsXL = "ays_sdxl"
  case alignYourStepsVideo = "ays_svd"
  case gits
  case klOptimal = "kl_optimal"
  case linearQuadratic = "linear_quadratic"

  /// By name or alias, without regard to case, spaces, `-` and `_`; nil for a name that there is not.
  public init?(named name: String) {
    let wanted = SamplerCatalog.normalized(name)
    let found = Self.allCases.first { schedule in
      ([schedule.rawValue] + schedule.aliases).contains { SamplerCatalog.normalized($0) == wanted }
    }
    guard let found else { return nil }
    self = found
  }

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
    default: nil
    }
  }

  /// The descending sigmas that `count` steps start at, between `high` and `low` where the schedule is a curve between two
  /// ends; nil for spacings in timesteps. `rho` bends the curves of Karras and polyexponential.
  func sigmas(
    of table: NoiseSchedule, from high: Double, to low: Double, count: Int, rho: Double? = nil
  ) -> [Double]? {
    let (highest, lowest) = (table.sigmas[table.count - 1], table.sigmas[0])
    switch self {
    case .leading, .trailing, .linspace: return nil
    case .karras: return SigmaSpacing.karras(from: high, to: low, count: count, rho: rho ?? 7)
    case .exponential: return SigmaSpacing.exponential(from: high, to: low, count: count)
    case .polyexponential:
      return SigmaSpacing.polyexponential(from: high, to: low, count: count, rho: rho ?? 1)
    case .beta: return SigmaSpacing.beta(from: high, to: low, count: count)
    case .normal: return table.uniformSigmas(count, sgm: false)
    case .sgmUniform: return table.uniformSigmas(count, sgm: true)
    case .simple: return table.simpleSigmas(count)
    case .ddimUniform: return table.ddimUniformSigmas(count)
    case .alignYourSteps:
      return TabulatedSigmas.levels(TabulatedSigmas.AlignYourSteps.stableDiffusion, steps: count)
    case .alignYourStepsXL:
      return TabulatedSigmas.levels(TabulatedSigmas.AlignYourSteps.stableDiffusionXL, steps: count)
    case .alignYourStepsVideo:
      return TabulatedSigmas.levels(TabulatedSigmas.AlignYourSteps.stableVideoDiffusion, steps: count)
    case .gits: return TabulatedSigmas.levels(TabulatedSigmas.gits(steps: count), steps: count)
    case .klOptimal: return SigmaSpacing.klOptimal(from: highest, to: lowest, count: count)
    case .linearQuadratic: return SigmaSpacing.linearQuadratic(from: highest, count: count)
    }
  }
}
