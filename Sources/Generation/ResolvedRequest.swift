import DiffusionModels
import Foundation
import Layers
import Samplers

/// A request with every open choice made, from what the model's configurations say.
struct ResolvedRequest {
  /// The largest width and height that will be tried, in pixels.
  static let maximumSize = 4096

  /// The part of a run that one plan is for.
  enum Part {
    case whole
    /// The end of a run that starts from a picture.
    case tail(strength: Double)
    /// The first or second of two models that share a run.
    case first(share: Double)
    case second(share: Double)
  }

  let kind: SamplerKind
  let plan: SamplingPlan
  let schedule: ScheduleName
  let guidance: Guidance
  /// As it was asked for; latent consistency models take it as an embedding, and guidance itself is then off.
  let guidanceScale: Float
  /// The UNet's layers that perturbed-attention guidance perturbs.
  let perturbedLayers: Set<String>
  let stepSaving: StepSaving
  let latentShape: [Int]  // (C, h, w)
  let width: Int
  let height: Int

  /// - Parameter first: a request whose size this one shares.
  init(_ request: GenerationRequest, _ files: ModelFiles, _ part: Part, size first: ResolvedRequest? = nil)
    throws
  {
    let (unet, autoencoder) = (files.unetConfiguration, files.autoencoderConfiguration)
    let factor = autoencoder.pixelsPerLatent
    let trained = unet.sampleSize ?? [64, 64]
    width =
      first?.width ?? request.width ?? request.initialPicture?.width ?? trained[trained.count - 1] * factor
    height = first?.height ?? request.height ?? request.initialPicture?.height ?? trained[0] * factor
    let allowed = factor...max(factor, Self.maximumSize)
    guard width % factor == 0, height % factor == 0, allowed.contains(width), allowed.contains(height) else {
      throw GenerationError.wrongSize(
        width: width, height: height, multiple: factor, maximum: Self.maximumSize)
    }
    if let picture = request.initialPicture, (picture.width, picture.height) != (width, height) {
      throw GenerationError.wrongPictureSize(
        width: picture.width, height: picture.height, expectedWidth: width, expectedHeight: height)
    }
    latentShape = [autoencoder.latentChannels, height / factor, width / factor]
    try request.stepSaving.check()
    stepSaving = request.stepSaving
    guard (0...1).contains(request.eta) else { throw SamplerError.eta(request.eta) }
    let chosen = try request.sampler.map(SamplerCatalog.selection(named:))
    kind = try chosen?.sampler ?? Self.sampler(of: files.scheduler)
    let schedule = request.schedule ?? chosen?.schedule
    self.schedule = schedule ?? files.scheduler.schedule(for: kind)
    let whole = try kind.plan(
      files.scheduler,
      SamplerOptions(
        stepCount: request.stepCount, schedule: schedule, eta: request.eta, rho: request.levels.rho,
        sigmas: request.levels.sigmas, timesteps: request.levels.timesteps,
        zeroTerminalSNR: request.levels.zeroTerminalSNR))
    plan =
      switch part {
      case .whole: whole
      case .tail(let strength): try whole.suffix(strength: strength)
      case .first(let share): try whole.part(first: true, sharing: share)
      case .second(let share): try whole.part(first: false, sharing: share)
      }
    let scale =
      request.guidanceScale ?? plan.solver.preferredGuidanceScale ?? files.index.guidanceScale ?? 7.5
    guard scale.isFinite else { throw GenerationError.wrongGuidance(scale) }
    guidanceScale = scale
    // As in diffusers, scales up to 1 are off: models distilled to do without guidance are run with 0.
    let isOff = unet.timeConditionWidth != nil || (scale <= 1 && !plan.solver.needsUnconditional)
    var guidance = try request.guidance.guidance(scale: isOff ? 1 : scale)
    guidance.needsUnconditional = plan.solver.needsUnconditional
    self.guidance = guidance
    perturbedLayers =
      guidance.passes.contains(.perturbed)
      ? try unet.selfAttentionLayers(matching: request.guidance.perturbedLayers) : []
  }

  /// The model's own sampler; that it is unknown is no fault of the request.
  private static func sampler(of scheduler: SchedulerConfiguration) throws(ConfigurationError) -> SamplerKind
  {
    do {
      return try SamplerCatalog.sampler(for: scheduler)
    } catch {
      throw ConfigurationError("\(error)", file: "scheduler/scheduler_config.json")
    }
  }
}
