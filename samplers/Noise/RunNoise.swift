import Tensors

/// Where a plan's noise comes from.
public enum NoiseKind: Sendable, Equatable {
  /// Each step draws its own.
  case independent
  /// A Brownian path over these σ. `seed` is that of a configuration that fixes it, or nil for the picture's own.
  case brownian(sigmas: ClosedRange<Double>, seed: UInt64?)
}

/// The noise that a plan's solver was made for.
public struct RunNoise: NoiseSource, Sendable {
  /// As far as it has been drawn from.
  public private(set) var independent: GaussianNoise
  private var path: BrownianNoise?

  init(_ independent: GaussianNoise, path: BrownianNoise? = nil) {
    self.independent = independent
    self.path = path
  }

  public mutating func next(from: NoiseLevel, to: NoiseLevel) -> Tensor {
    path?.next(from: from, to: to) ?? independent.next(from: from, to: to)
  }
}

extension SamplingPlan {
  /// The noise of a run, after what `noise` has already given for its start: the rest of that, or a Brownian path of its
  /// own from the same seeds, one for each picture.
  public func noise(
    after noise: GaussianNoise, seeds: [UInt64], random: RandomAlgorithm = .torch
  ) -> RunNoise {
    guard case .brownian(let sigmas, let fixed) = noiseKind else { return RunNoise(noise) }
    return RunNoise(
      noise,
      path: BrownianNoise(
        seeds: seeds.map { fixed ?? $0 }, sigmas: sigmas, shape: noise.shape, layout: noise.layout,
        random: random))
  }
}
