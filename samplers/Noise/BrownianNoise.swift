import Tensors

/// Noise for SDE solvers as increments of a Brownian motion over σ, scaled to N(0, 1): the steps of runs with the same seed
/// and range follow the same path, however many they are, so that a picture hardly changes with their number
/// (k-diffusion's `BrownianTreeNoiseSampler`).
public struct BrownianNoise: NoiseSource, Sendable {
  private var trees: [BrownianTree]
  private let shape: [Int]
  private let layout: GaussianNoise.Layout

  /// A path for each seed, over `sigmas`; `shape` is that of one picture, (C, H, W).
  public init(
    seeds: [UInt64], sigmas: ClosedRange<Double>, shape: [Int], layout: GaussianNoise.Layout = .channelsLast,
    random: RandomAlgorithm = .torch
  ) {
    precondition(!seeds.isEmpty, "noise needs a seed for each picture")
    trees = seeds.map {
      BrownianTree(
        from: sigmas.lowerBound, to: sigmas.upperBound, count: shape.reduce(1, *), seed: $0, random: random)
    }
    self.shape = shape
    self.layout = layout
  }

  public mutating func next(from: NoiseLevel, to: NoiseLevel) -> Tensor {
    let (high, low) = (Float(from.sigma), Float(to.sigma))
    // Time runs with σ, and so against the steps.
    let scale = -1 / (high - low).squareRoot()
    let draws = trees.indices.map { index in
      let increment = trees[index].increment(from: Double(low), to: Double(high))
      return scale * Tensor(increment, shape: [1] + shape)
    }
    let noise = Tensor.concatenating(draws)
    return layout == .channelsLast ? noise.channelsLast() : noise
  }
}
