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

  /// Even in ln σ after the ramp is raised to the power ρ (k-diffusion).
  static func polyexponential(from high: Double, to low: Double, count: Int, rho: Double = 1) -> [Double] {
    ramp(count).map { exp(log(low) + pow(1 - $0, rho) * (log(high) - log(low))) }
  }

  /// Even in arctan σ: the grid of least Kullback–Leibler divergence of Sabour et al. 2024, theorem 3.1.
  static func klOptimal(from high: Double, to low: Double, count: Int) -> [Double] {
    ramp(count).map { tan($0 * atan(low) + (1 - $0) * atan(high)) }
  }

  /// Small even steps down from `high` for the first half, then a parabola towards zero (Mochi).
  static func linearQuadratic(from high: Double, count: Int, threshold: Double = 0.025) -> [Double] {
    let linear = count / 2
    guard linear > 0 else { return [high] }
    let (n, m) = (Double(linear), Double(count - linear))
    let excess = n - threshold * Double(count)
    let quadratic = excess / (n * m * m)
    let slope = threshold / n - 2 * excess / (m * m)
    return (0..<count).map { index in
      let i = Double(index)
      let done =
        index < linear ? i * threshold / n : quadratic * i * i + slope * i + quadratic * n * n
      return high * (1 - done)
    }
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
