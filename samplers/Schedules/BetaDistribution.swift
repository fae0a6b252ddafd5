import Foundation

/// The beta distribution on 0…1.
struct BetaDistribution {
  let alpha: Double
  let beta: Double

  /// The x with P(X ≤ x) = p, by bisection.
  func quantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p <= 0 ? 0 : 1 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<200 where high > low.nextUp {
      let middle = (low + high) / 2
      if cumulative(middle) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// P(X ≤ x): the regularised incomplete beta function.
  func cumulative(_ x: Double) -> Double {
    guard x > 0, x < 1 else { return x <= 0 ? 0 : 1 }
    // The continued fraction converges fast below the mean; above it, the mirrored distribution's does.
    guard x <= (alpha + 1) / (alpha + beta + 2) else {
      return 1 - BetaDistribution(alpha: beta, beta: alpha).cumulative(1 - x)
    }
    let logFront =
      lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta) + alpha * log(x) + beta * log1p(-x)
    return exp(logFront) / alpha * continuedFraction(x)
  }

  /// Lentz's method on the fraction of Abramowitz and Stegun 26.5.8.
  private func continuedFraction(_ x: Double) -> Double {
    var (numerator, denominator) = (1.0, 1 / (1 - (alpha + beta) * x / (alpha + 1)))
    var value = denominator
    for step in 1...300 {
      let m = Double(step)
      let even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
      let odd = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
      for coefficient in [even, odd] {
        denominator = 1 / (1 + coefficient * denominator)
        numerator = 1 + coefficient / numerator
        value *= numerator * denominator
      }
      if abs(numerator * denominator - 1) < 1e-15 { break }
    }
    return value
  }
}
