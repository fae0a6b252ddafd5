import Tensors

/// An autoencoder's latents have their own scale; the UNet's have about unit variance.
public protocol LatentScaling {
  var scalingFactor: Float { get }
  var shiftFactor: Float { get }
}

extension LatentScaling {
  /// An autoencoder's latents as the UNet sees them: (latents − shift)·scaling.
  public func scaled(_ latents: Tensor) -> Tensor { scalingFactor * (latents + -shiftFactor) }

  /// The UNet's latents as the autoencoder's decoder takes them.
  public func unscaled(_ latents: Tensor) -> Tensor { latents / scalingFactor + shiftFactor }
}
