import DiffusionModels
import Samplers
import Tensors

/// The picture that a request starts from, encoded: the same for all pictures that are made of it.
struct SourcePicture: Sendable {
  private let posterior: DiagonalGaussian
  private let scaling: AutoencoderKLConfiguration
  /// Where the picture is drawn anew, (1, 1, h, w); nil for image-to-image.
  private let mask: Tensor?
  /// The picture without what is drawn anew, for UNets that are trained to see it.
  private let maskedPosterior: DiagonalGaussian?

  /// - Parameter encodesMasked: whether the UNet takes the masked picture beside the latents.
  init(
    _ picture: Picture, mask: Picture?, encodesMasked: Bool, encoder: AutoencoderKL.Encoder, tiling: Tiling?
  ) throws {
    scaling = encoder.configuration
    posterior = try encoder(picture.encoderInput, tiling: tiling)
    let mask = mask.map(InpaintingMask.init)
    self.mask = mask?.latents(pixelsPerLatent: scaling.pixelsPerLatent)
    maskedPosterior =
      encodesMasked ? try mask.map { try encoder($0.erasing(picture), tiling: tiling) } : nil
  }

  /// Where one picture's run begins; draws in the order of diffusers' pipelines.
  /// - Parameter isFromNoise: of the picture nothing remains where it is drawn anew.
  func start(
    _ plan: SamplingPlan, isFromNoise: Bool, noise: inout GaussianNoise
  ) -> StartingPoint {
    guard let mask else {
      let clean = sample(posterior, &noise)
      return StartingPoint(latents: plan.startingLatents(clean: clean, noise: noise.next()))
    }
    let needsClean = maskedPosterior == nil || !isFromNoise
    let clean = needsClean ? sample(posterior, &noise) : nil
    let first = noise.next()
    let masked = noise.next()  // drawn also where nothing is made of it
    var start = StartingPoint(latents: plan.initialLatents(noise: first))
    if let clean, !isFromNoise { start.latents = plan.startingLatents(clean: clean, noise: first) }
    if let maskedPosterior {
      let latents = scaling.scaled(maskedPosterior.sample(masked))
      start.extraChannels = Tensor.concatenating([mask, latents], axis: 1)
    } else if let clean {
      start.kept = KeptRegion(mask: mask, clean: clean, noise: first)
    }
    return start
  }

  /// The UNet's latents of the picture: a sample too.
  private func sample(_ posterior: DiagonalGaussian, _ noise: inout GaussianNoise) -> Tensor {
    scaling.scaled(posterior.sample(noise.next()))
  }
}

/// Where the denoising of one picture begins.
struct StartingPoint {
  var latents: Tensor  // (1, C, h, w)
  /// What an inpainting UNet sees beside the latents: the mask and the masked picture, (1, 1 + C, h, w).
  var extraChannels: Tensor?
  var kept: KeptRegion?
}
