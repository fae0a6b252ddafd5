import Foundation
import Tensors

/// Independent normal distributions, one for each latent.
public struct DiagonalGaussian: Sendable {
  /// (N, C, h, w).
  public let mean: Tensor
  /// (N, C, h, w), within −30…20.
  public let logVariance: Tensor

  /// - Parameter moments: means and log variances, (N, 2C, h, w).
  init(moments: Tensor) {
    let (images, channels) = (moments.shape[0], moments.shape[1] / 2)
    func half(_ part: Int) -> Tensor {
      let shape = [1, channels] + moments.shape[2...]
      return Tensor.concatenating(
        (0..<images).map { moments[$0][part * channels..<(part + 1) * channels].reshaped(shape) })
    }
    mean = half(0)
    logVariance = half(1).clamped(-30...20)
  }

  /// The most likely latents.
  public var mode: Tensor { mean }

  /// mean + σ·noise, for standard normal noise of the mean's shape.
  public func sample(_ noise: Tensor) -> Tensor {
    precondition(noise.shape == mean.shape, "noise \(noise.shape) for \(mean.shape)")
    let deviations = logVariance.floats.map { exp(0.5 * $0) }
    return mean + Tensor(deviations, shape: mean.shape) * noise
  }
}
