import Foundation
import Tensors

/// One level of noise: x = signal·x₀ + noise·ε.
///
/// Solvers in the variance-preserving form (DDIM, DPM-Solver++) use levels with signal² + noise² = 1; solvers in the
/// k-diffusion form (Euler, Heun, LMS) use levels with signal 1 and noise σ. Denoisers work on both.
public struct NoiseLevel: Sendable, Equatable {
  /// Where the network was trained on this level, in steps of the training schedule; nil where only σ is known.
  public let timestep: Double?
  public let signal: Double
  public let noise: Double

  /// The root of the variance of x for data of variance 1: what a network's input is divided by.
  public let magnitude: Double

  private init(timestep: Double?, signal: Double, noise: Double, magnitude: Double) {
    self.timestep = timestep
    self.signal = signal
    self.noise = noise
    self.magnitude = magnitude
  }

  /// The variance-preserving level √ᾱ·x₀ + √(1 − ᾱ)·ε.
  public init(timestep: Double?, alphaCumprod: Double) {
    // ᾱ is a single-precision number, and so is 1 − ᾱ wherever these models are sampled.
    let complement = Double(1 - Float(alphaCumprod))
    self.init(
      timestep: timestep, signal: alphaCumprod.squareRoot(), noise: complement.squareRoot(), magnitude: 1)
  }

  /// The variance-exploding level x₀ + σ·ε.
  public init(timestep: Double?, sigma: Double) {
    self.init(timestep: timestep, signal: 1, noise: sigma, magnitude: (1 + sigma * sigma).squareRoot())
  }

  /// The level of σ in variance-preserving form: (x₀ + σ·ε)/√(1 + σ²).
  public init(timestep: Double?, variancePreservingSigma sigma: Double) {
    let signal = 1 / (1 + sigma * sigma).squareRoot()
    self.init(timestep: timestep, signal: signal, noise: sigma * signal, magnitude: 1)
  }

  /// ᾱ of a variance-preserving level.
  public var alphaCumprod: Double { signal * signal }

  /// σ of the k-diffusion form, noise/signal: infinite where there is no signal.
  public var sigma: Double { noise / signal }

  /// Half the logarithm of the signal-to-noise ratio, ln(signal/noise): infinite without noise.
  public var logSNR: Double { -log(sigma) }

  /// signal·clean + noise·ε: the forward process.
  public func mixing(clean: Tensor, noise sample: Tensor) -> Tensor {
    blend(Float(signal), clean, Float(noise), sample)
  }
}
