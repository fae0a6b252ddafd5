import DiffusionModels
import Foundation
import Layers
import Samplers
import Tensors

/// A request with every open choice made, from what the model's configurations say.
struct ResolvedRequest {
  /// The largest width and height that will be tried, in pixels.
  static let maximumSize = 4096

  let kind: SamplerKind
  let plan: SamplingPlan
  let guidance: ClassifierFreeGuidance
  let latentShape: [Int]  // (C, h, w)
  private let schedule: ScheduleName
  let width: Int
  let height: Int

  init(
    _ request: GenerationRequest, scheduler: SchedulerConfiguration, defaultGuidance: Float?,
    trainedSize: [Int]?,
    autoencoder: AutoencoderKLConfiguration
  ) throws {
    let factor = autoencoder.pixelsPerLatent
    let trained = trainedSize ?? [64, 64]
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
    let scale = request.guidanceScale ?? defaultGuidance ?? 7.5
    guard scale.isFinite else { throw GenerationError.wrongGuidance(scale) }
    guidance = ClassifierFreeGuidance(scale: scale)
    guard (0...1).contains(request.eta) else { throw SamplerError.eta(request.eta) }
    kind = try request.sampler.map(SamplerCatalog.sampler(named:)) ?? Self.sampler(of: scheduler)
    schedule = request.schedule ?? scheduler.schedule(for: kind)
    let plan = try kind.plan(
      scheduler, SamplerOptions(stepCount: request.stepCount, schedule: request.schedule, eta: request.eta))
    self.plan = request.initialPicture == nil ? plan : try plan.suffix(strength: request.strength)
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
  func parameters(_ request: GenerationRequest, seed: UInt64, model: String, _ precision: Precision)
    -> GenerationParameters
  {
    func plain(_ value: some BinaryFloatingPoint) -> String {
      Double(value).formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
    var settings = [
      ("Steps", "\(request.stepCount)"), ("Sampler", kind.title), ("Schedule type", schedule.rawValue),
      ("CFG scale", plain(guidance.scale)), ("Seed", "\(seed)"), ("Size", "\(width)x\(height)"),
      ("Model", model),
    ]
    if request.initialPicture != nil { settings.append(("Denoising strength", plain(request.strength))) }
    if request.eta != 0 { settings.append(("Eta", plain(request.eta))) }
    if precision != .f32 { settings.append(("Precision", precision.rawValue)) }
    // The names by which other tools know these generators.
    let random = ["torch": "CPU", "cuda": "NV"][request.random.rawValue] ?? request.random.rawValue
    settings += [("RNG", random), ("Version", "Voken \(vokenVersion)")]
    return GenerationParameters(
      prompt: request.prompt, negativePrompt: request.negativePrompt ?? "", settings: settings)
  }
}
