import Foundation

/// Descending noise levels that are spaced in σ, both ends included.
enum SigmaSpacing {
  /// Even in σ^(1/ρ) (Karras et al. 2022, eq. 5).
  static func karras(from high: Double, to low: Double, count: Int, rho: Double = 7) -> [Double] {
    let (highRoot, lowRoot) = (pow(high, 1 / rho), pow(low, 1 / rho))
    return ramp(count).map { pow(highRoot + $0 * (lowRoot - highRoot), rho) }
  }

  /// Even in ln σ.
  static func exponential(from high: Double, to low: Double, count: Int) -> [Double] {
    ramp(count).map { exp(log(high) + $0 * (log(low) - log(high))) }
  }

  /// Quantiles of a beta distribution over σ: dense at both ends (Lee et al. 2024, "Beta sampling is all you need").
  static func beta(
    from high: Double, to low: Double, count: Int, alpha: Double = 0.6, beta: Double = 0.6
  ) -> [Double] {
    ramp(count).map {
      low + BetaDistribution(alpha: alpha, beta: beta).quantile(1 - $0) * (high - low)
    }
  }

  /// 0…1 in `count` values; 0 alone where there is one.
  private static func ramp(_ count: Int) -> [Double] {
    (0..<count).map { count > 1 ? Double($0) / Double(count - 1) : 0 }
  }
}
