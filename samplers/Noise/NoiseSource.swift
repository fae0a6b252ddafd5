import Tensors

/// Where solvers get their noise from. The levels are given because a Brownian path needs them.
public protocol NoiseSource {
  /// N(0, 1) samples for a step between two levels, in the shape of the latents.
  mutating func next(from: NoiseLevel, to: NoiseLevel) -> Tensor
}

/// Independent noise for each step. Every picture has its own generator and draws (1, C, H, W) at once, so that a
/// picture does not depend on the batch it is made in.
public struct GaussianNoise: NoiseSource, Sendable {
  /// The layout of the latents; noise is always drawn channels first, as every published program does.
  public enum Layout: Sendable { case channelsFirst, channelsLast }

  public private(set) var generators: [any RandomSource]
  let shape: [Int]
  let layout: Layout

  /// `shape` is that of one picture's draw, (C, H, W).
  public init(_ generators: [any RandomSource], shape: [Int], layout: Layout = .channelsLast) {
    precondition(!generators.isEmpty, "noise needs a generator for each picture")
    self.generators = generators
    self.shape = shape
    self.layout = layout
  }

  /// The next draw: (N, H, W, C), or (N, C, H, W) where the layout is channels first.
  public mutating func next() -> Tensor {
    let count = shape.reduce(1, *)
    let draws = generators.indices.map { index in
      Tensor(generators[index].normal(count), shape: [1] + shape)
    }
    let noise = Tensor.concatenating(draws)
    return layout == .channelsLast ? noise.channelsLast() : noise
  }

  public mutating func next(from: NoiseLevel, to: NoiseLevel) -> Tensor { next() }
}
