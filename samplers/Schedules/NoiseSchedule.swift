import Foundation

/// The forward process that a model was trained with: ᾱ for each training timestep.
///
/// The values are single precision, as published models' are; all that is derived from them is in double precision.
public struct NoiseSchedule: Sendable, Equatable {
  public let alphasCumprod: [Double]
  /// σ = √((1 − ᾱ)/ᾱ), ascending with the timestep.
  public let sigmas: [Double]

  public init(alphasCumprod: [Double]) {
    precondition(!alphasCumprod.isEmpty, "a schedule needs at least one timestep")
    self.alphasCumprod = alphasCumprod
    sigmas = alphasCumprod.map { ((1 - $0) / $0).squareRoot() }
  }

  /// From the variances β_t, optionally rescaled to zero terminal SNR.
  public init(betas: [Float], zeroTerminalSNR: Bool = false) {
    let betas = zeroTerminalSNR ? Betas.rescaledToZeroTerminalSNR(betas) : betas
    self.init(alphasCumprod: Betas.cumulativeAlphas(betas).map(Double.init))
  }

  /// Training timesteps.
  public var count: Int { alphasCumprod.count }

  /// The variance-preserving level of a training timestep.
  public func level(at timestep: Int) -> NoiseLevel {
    NoiseLevel(timestep: Double(timestep), alphaCumprod: alphasCumprod[timestep])
  }

  /// The fractional timestep of σ, by linear interpolation in ln σ between training timesteps.
  public func timestep(ofSigma sigma: Double) -> Double {
    let logSigma = log(max(sigma, 1e-10))
    let above = sigmas.partitioningIndex { log($0) > logSigma }
    let low = min(max(above - 1, 0), max(count - 2, 0))
    let high = min(low + 1, count - 1)
    let (lowLog, highLog) = (log(sigmas[low]), log(sigmas[high]))
    guard highLog > lowLog else { return Double(low) }
    let weight = min(max((logSigma - lowLog) / (highLog - lowLog), 0), 1)
    return (1 - weight) * Double(low) + weight * Double(high)
  }
}

extension Array {
  /// The first index whose element satisfies the predicate, in an array where all that do come last.
  func partitioningIndex(where belongsInSecond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongsInSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
