import Foundation

/// The forward process that a model was trained with: ᾱ for each training timestep.
///
/// The values are single precision, as published models' are; all that is derived from them is in double precision.
public struct NoiseSchedule: Sendable, Equatable {
  public let alphasCumprod: [Double]
  /// σ = √((1 − ᾱ)/ᾱ), ascending with the timestep.
  public let sigmas: [Double]
  private let logSigmas: [Float]

  public init(alphasCumprod: [Double]) {
    precondition(!alphasCumprod.isEmpty, "a schedule needs at least one timestep")
    self.alphasCumprod = alphasCumprod
    let sigmas = alphasCumprod.map { ((1 - Float($0)) / Float($0)).squareRoot() }
    self.sigmas = sigmas.map(Double.init)
    logSigmas = sigmas.map { log($0) }
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

  /// Steps that go `stride` timesteps down from each timestep, whatever the next one is, as DDIM's in diffusers do.
  func steps(_ timesteps: [Int], stride: Int, final: NoiseLevel) -> [SamplingStep] {
    timesteps.enumerated().map { index, timestep in
      SamplingStep(
        index: index, count: timesteps.count, from: level(at: timestep),
        to: timestep >= stride ? level(at: timestep - stride) : final)
    }
  }

  /// Steps that each end where the next begins.
  func steps(_ timesteps: [Int], final: NoiseLevel) -> [SamplingStep] {
    let levels = timesteps.map(level(at:)) + [final]
    return timesteps.indices.map {
      SamplingStep(index: $0, count: timesteps.count, from: levels[$0], to: levels[$0 + 1])
    }
  }

  /// The schedule that ends at ᾱ = 2⁻²⁴ where this one has no signal: what solvers in σ form run on.
  public var withFiniteSigmas: NoiseSchedule {
    NoiseSchedule(alphasCumprod: alphasCumprod.map { $0 > 0 ? $0 : 0x1p-24 })
  }

  /// σ at a fractional timestep, by linear interpolation.
  public func sigma(at timestep: Double) -> Double {
    let low = min(max(Int(timestep), 0), count - 1)
    let high = min(low + 1, count - 1)
    return sigmas[low] + (timestep - Double(low)) * (sigmas[high] - sigmas[low])
  }

  /// The fractional timestep of σ, by linear interpolation in ln σ between training timesteps. In single precision, so
  /// that a σ of the table is exactly at its timestep, also where the result is then truncated.
  public func timestep(ofSigma sigma: Double) -> Double {
    guard count > 1 else { return 0 }
    let logSigma = Float(log(max(sigma, 1e-10)))
    let above = logSigmas.partitioningIndex { $0 > logSigma }
    let low = min(max(above - 1, 0), count - 2)
    let weight = (logSigmas[low] - logSigma) / (logSigmas[low] - logSigmas[low + 1])
    let clamped = min(max(weight, 0), 1)
    return Double(1 - clamped) * Double(low) + Double(clamped) * Double(low + 1)
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
