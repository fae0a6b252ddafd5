import DiffusionModels
import Foundation
import Layers
import Samplers

/// A request with every open choice made, from what the model's configurations say.
struct ResolvedRequest {
  /// The largest width and height that will be tried, in pixels.
  static let maximumSize = 4096

  let kind: SamplerKind
  let plan: SamplingPlan
  /// As asked for, be it by two passes or by the UNet's own embedding of it.
  let guidanceScale: Float
  let guidance: Guidance
  /// The UNet's layers that perturbed-attention guidance perturbs.
  let perturbedLayers: Set<String>
  let latentShape: [Int]  // (C, h, w)
  private let schedule: ScheduleName
  let width: Int
  let height: Int

  init(
    _ request: GenerationRequest, scheduler: SchedulerConfiguration, defaultGuidance: Float?,
    unet: UNet2DConfiguration, autoencoder: AutoencoderKLConfiguration
  ) throws {
    let factor = autoencoder.pixelsPerLatent
    let trained = unet.sampleSize ?? [64, 64]
    width = request.width ?? request.initialPicture?.width ?? trained[trained.count - 1] * factor
    height = request.height ?? request.initialPicture?.height ?? trained[0] * factor
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
    guard (0...1).contains(request.eta) else { throw SamplerError.eta(request.eta) }
    kind = try request.sampler.map(SamplerCatalog.sampler(named:)) ?? Self.sampler(of: scheduler)
    schedule = request.schedule ?? scheduler.schedule(for: kind)
    let plan = try kind.plan(
      scheduler, SamplerOptions(stepCount: request.stepCount, schedule: request.schedule, eta: request.eta))
    self.plan = request.initialPicture == nil ? plan : try plan.suffix(strength: request.strength)
    let scale = request.guidanceScale ?? plan.solver.preferredGuidanceScale ?? defaultGuidance ?? 7.5
    guard scale.isFinite else { throw GenerationError.wrongGuidance(scale) }
    guidanceScale = scale
    var guidance = try request.guidance.guidance(scale: unet.timeConditionWidth == nil ? scale : 1)
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

  /// What is written into the picture.
  func parameters(_ request: GenerationRequest, seed: UInt64, model: String) -> GenerationParameters {
    func plain(_ value: some BinaryFloatingPoint) -> String {
      Double(value).formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
    var settings = [
      ("Steps", "\(request.stepCount)"), ("Sampler", kind.title), ("Schedule type", schedule.rawValue),
      ("CFG scale", plain(guidanceScale)), ("Seed", "\(seed)"), ("Size", "\(width)x\(height)"),
      ("Model", model),
    ]
    if request.initialPicture != nil { settings.append(("Denoising strength", plain(request.strength))) }
    settings += request.guidance.parameters
    if request.eta != 0 { settings.append(("Eta", plain(request.eta))) }
    // The names by which other tools know these generators.
    let random = ["torch": "CPU", "cuda": "NV"][request.random.rawValue] ?? request.random.rawValue
    settings += [("RNG", random), ("Version", "Voken \(vokenVersion)")]
    return GenerationParameters(
      prompt: request.prompt, negativePrompt: request.negativePrompt ?? "", settings: settings)
  }
}
