import Foundation
import Tensors

/// Data whose best denoiser is known: a mixture of isotropic Gaussians. Solvers are measured on it, since neither their
/// model nor the distribution they should sample is then in doubt.
public struct GaussianMixture: Sendable {
  /// A Gaussian of mean `mean` and covariance deviation²·I.
  public struct Component: Sendable {
    /// Relative to the other components' weights.
    public let weight: Double
    public let mean: [Double]
    public let deviation: Double

    public init(weight: Double = 1, mean: [Double], deviation: Double) {
      precondition(weight > 0 && deviation > 0, "a component needs a positive weight and deviation")
      self.weight = weight
      self.mean = mean
      self.deviation = deviation
    }
  }

  public let components: [Component]
  /// Numbers in a sample.
  public let dimension: Int

  public init(_ components: [Component]) {
    precondition(!components.isEmpty, "a mixture needs a component")
    self.components = components
    dimension = components[0].mean.count
    precondition(components.allSatisfy { $0.mean.count == components[0].mean.count }, "dimensions differ")
  }

  /// The expected clean sample and noise in latents (N, …) of `dimension` numbers each: what a perfect network says.
  public func denoise(_ latents: Tensor, _ level: NoiseLevel) -> Prediction {
    precondition(latents.count == latents.shape[0] * dimension, "latents are not of dimension \(dimension)")
    var (clean, noise) = ([Float](), [Float]())
    let values = latents.floats
    for start in stride(from: 0, to: values.count, by: dimension) {
      let x = values[start..<start + dimension].map(Double.init)
      let posterior = posterior(x, level)
      clean += posterior.clean.map(Float.init)
      noise += posterior.noise.map(Float.init)
    }
    return Prediction(
      denoised: Tensor(clean, shape: latents.shape), noise: Tensor(noise, shape: latents.shape))
  }

  /// The means over the components, each with the probability that x came from it (Bayes).
  private func posterior(_ x: [Double], _ level: NoiseLevel) -> (clean: [Double], noise: [Double]) {
    let (a, b) = (level.signal, level.noise)
    let residuals = components.map { component in zip(x, component.mean).map { $0 - a * $1 } }
    let variances = components.map { pow(a * $0.deviation, 2) + b * b }
    let logs = components.indices.map { k in
      let square = residuals[k].reduce(0) { $0 + $1 * $1 }
      return log(components[k].weight) - (Double(dimension) * log(variances[k]) + square / variances[k]) / 2
    }
    let highest = logs.max() ?? 0
    let likelihoods = logs.map { exp($0 - highest) }
    let total = likelihoods.reduce(0, +)
    var (clean, noise) = ([Double](repeating: 0, count: dimension), [Double](repeating: 0, count: dimension))
    for (k, component) in components.enumerated() {
      let share = likelihoods[k] / total
      let gain = a * component.deviation * component.deviation / variances[k]
      for i in 0..<dimension {
        clean[i] += share * (component.mean[i] + gain * residuals[k][i])
        noise[i] += share * b / variances[k] * residuals[k][i]
      }
    }
    return (clean, noise)
  }

  /// The mixture as a network that was trained on `schedule` to predict `type`.
  public func network(_ schedule: NoiseSchedule, _ type: PredictionType = .epsilon) -> NoiseModel {
    { input, timestep in
      let level = NoiseLevel(timestep: timestep, variancePreservingSigma: schedule.sigma(at: timestep))
      let prediction = denoise(input, level)
      switch type {
      case .epsilon: return prediction.noise
      case .sample: return prediction.denoised
      case .velocity:
        return blend(Float(level.signal), prediction.noise, -Float(level.noise), prediction.denoised)
      }
    }
  }

  /// Exact samples, of shape (count, dimension).
  public func samples(_ count: Int, random: inout some RandomSource) -> Tensor {
    let total = components.reduce(0) { $0 + $1.weight }
    var values: [Float] = []
    for _ in 0..<count {
      var remaining = random.uniform() * total
      let component = components.first { component in
        remaining -= component.weight
        return remaining < 0
      }
      let chosen = component ?? components[components.count - 1]
      values += zip(chosen.mean, random.normal(dimension)).map { Float($0 + chosen.deviation * Double($1)) }
    }
    return Tensor(values, shape: [count, dimension])
  }
}
