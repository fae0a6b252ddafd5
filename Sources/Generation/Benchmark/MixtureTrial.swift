import Foundation
import Samplers
import Tensors

/// How well a sampler draws from a distribution that is known, by a denoiser that is exact: the only fair measure of a
/// stochastic sampler, since no single picture is its right answer.
struct MixtureTrial {
  /// Samples to draw.
  let points: Int
  private static let directions = 32

  /// Two Gaussians in the plane, of unequal weight and width.
  static let mixture = GaussianMixture([
    .init(weight: 2, mean: [-1, -0.25], deviation: 0.2),
    .init(weight: 1, mean: [1.25, 0.75], deviation: 0.4),
  ])

  /// The distance of exact samples from other exact samples: what no sampler can be expected to be below.
  func floor() -> Double {
    let seeds: [UInt64] = [1, 2, 3, 4]
    return seeds.reduce(0) { $0 + distance(exact(seed: $1)) } / Double(seeds.count)
  }

  /// The distance of a sampler's samples from exact ones.
  func distance(of plan: SamplingPlan) throws -> Double {
    // All points of the plane are one picture to the sources of noise.
    var source = GaussianNoise([TorchRandomSource(seed: 2)], shape: [points, 2, 1], layout: .channelsFirst)
    var latents = Float(plan.steps[0].from.magnitude) * source.next()
    var noise = plan.noise(after: source, seeds: [2])
    var solver = plan.solver
    for step in plan.steps {
      repeat {
        try Task.checkCancellation()
        latents = try solver.step(
          latents, step,
          denoise: { latents, level in
            let prediction = Self.mixture.denoise(latents.reshaped([points, 2]), level)
            return Prediction(
              denoised: prediction.denoised.reshaped(latents.shape),
              noise: prediction.noise.reshaped(latents.shape))
          }, noise: &noise)
      } while solver.isWithinStep
    }
    return distance(latents.reshaped([points, 2]))
  }

  private func exact(seed: UInt64) -> Tensor {
    var random = TorchRandomSource(seed: seed)
    return Self.mixture.samples(points, random: &random)
  }

  private func distance(_ samples: Tensor) -> Double {
    slicedWasserstein(samples, exact(seed: 0), directions: Self.directions)
  }
}

/// The 1-Wasserstein distance between as many samples (N, 2), as the mean over directions of the plane.
func slicedWasserstein(_ a: Tensor, _ b: Tensor, directions: Int) -> Double {
  precondition(a.shape == b.shape && a.shape.count == 2 && a.shape[1] == 2)
  let (a, b) = (a.floats, b.floats)
  guard !a.isEmpty, a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else { return .infinity }
  func projected(_ values: [Float], _ x: Double, _ y: Double) -> [Double] {
    stride(from: 0, to: values.count, by: 2).map { x * Double(values[$0]) + y * Double(values[$0 + 1]) }
      .sorted()
  }
  let distances = (0..<directions).map { index -> Double in
    let angle = Double.pi * Double(index) / Double(directions)
    let (x, y) = (cos(angle), sin(angle))
    return zip(projected(a, x, y), projected(b, x, y)).reduce(0) { $0 + abs($1.0 - $1.1) }
  }
  return distances.reduce(0, +) / Double(directions * a.count / 2)
}
