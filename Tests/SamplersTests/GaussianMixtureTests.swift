import Foundation
import Tensors
import Testing

@testable import Samplers

struct GaussianMixtureTests {
  private let mixture = GaussianMixture([
    .init(weight: 3, mean: [1, -2], deviation: 0.3), .init(weight: 1, mean: [-1.5, 0.5], deviation: 0.8),
  ])

  /// Tweedie's formula: x₀ = (x + noise²·∇ log p(x))/signal, with the gradient of the density taken numerically.
  @Test(arguments: [0.05, 0.7, 5]) func theDenoiserIsTheScore(sigma: Double) {
    for level in [
      NoiseLevel(timestep: nil, sigma: sigma), NoiseLevel(timestep: nil, variancePreservingSigma: sigma),
    ] {
      let (a, b) = (level.signal, level.noise)
      func logDensity(_ x: [Double]) -> Double {
        log(
          mixture.components.reduce(0) { sum, component in
            let variance = pow(a * component.deviation, 2) + b * b
            let square = zip(x, component.mean).reduce(0) { $0 + pow($1.0 - a * $1.1, 2) }
            return sum + component.weight * exp(-square / (2 * variance)) / variance
          })
      }
      let x = [0.25, -0.5]
      let prediction = mixture.denoise(Tensor(x.map(Float.init), shape: [1, 2]), level)
      for i in 0..<2 {
        var (above, below) = (x, x)
        above[i] += 1e-4
        below[i] -= 1e-4
        let score = (logDensity(above) - logDensity(below)) / 2e-4
        #expect(abs(Double(prediction.denoised.floats[i]) - (x[i] + b * b * score) / a) < 1e-5)
        #expect(abs(Double(prediction.noise.floats[i]) + b * score) < 1e-5)
      }
    }
  }

  @Test(arguments: PredictionType.allCases) func theNetworkIsReadByTheDenoiser(_ type: PredictionType) throws
  {
    let schedule = try SchedulerConfiguration().noiseSchedule()
    let level = schedule.level(at: 400)
    let x = Tensor([0.3, -0.9, 1.2, 0.1], shape: [2, 2])
    let denoiser = Denoiser(schedule, type, model: mixture.network(schedule, type))
    let read = try denoiser(x, level)
    for (value, expected) in zip(read.denoised.floats, mixture.denoise(x, level).denoised.floats) {
      #expect(abs(value - expected) < 1e-5)
    }
  }

  @Test func samplesHaveTheMomentsOfTheMixture() {
    var random = TorchRandomSource(seed: 1)
    let samples = mixture.samples(20000, random: &random)
    #expect(samples.shape == [20000, 2])
    let first = stride(from: 0, to: 40000, by: 2).map { Double(samples.floats[$0]) }
    let mean = first.reduce(0, +) / 20000
    let variance = first.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20000
    #expect(abs(mean - 0.375) < 0.03)
    // Within components ¾·.09 + ¼·.64, between them 3/16·2.5².
    #expect(abs(variance - 1.399375) < 0.04)
  }

  @Test func farOutliersAreFinite() {
    let prediction = mixture.denoise(
      Tensor([1e6, -1e6], shape: [1, 2]), NoiseLevel(timestep: nil, sigma: 0.01))
    #expect(prediction.denoised.floats.allSatisfy { $0.isFinite })
  }
}
