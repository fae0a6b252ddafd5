import DiffusionModels
import Foundation
import Layers
import Samplers
import Tensors

/// A model folder, loaded: prompt → conditioning → denoised latents → picture.
public struct TextToImagePipeline: Sendable {
  /// The largest width and height that will be tried, in pixels.
  public static let maximumSize = 4096

  /// The folder's name.
  public let name: String
  private let index: ModelIndex
  private let encoder: any PromptEncoder
  private let unet: UNet2DConditionModel
  private let decoder: AutoencoderKL.Decoder
  private let scheduler: SchedulerConfiguration

  /// Loads and checks everything that a picture needs.
  /// - Parameters:
  ///   - folder: in diffusers' layout, `SignalTokenPipeline` or `StableDiffusionPipeline`.
  ///   - languageModel: a GGUF file or Hugging Face folder to use instead of `llm/`.
  ///   - quiet: fetch the language model, where that is needed, without a word.
  public init(folder: URL, languageModel: URL? = nil, quiet: Bool = false) throws {
    let indexFile = folder.appending(path: "model_index.json")
    guard FileManager.default.fileExists(atPath: indexFile.path) else {
      throw GenerationError.notAModel(folder.path)
    }
    name = folder.standardizedFileURL.lastPathComponent
    index = try readConfiguration(ModelIndex.self, at: indexFile)
    let schedulerFile = folder.appending(path: "scheduler/scheduler_config.json")
    do {
      scheduler = try SchedulerConfiguration(data: Data(contentsOf: schedulerFile))
    } catch let error as SamplerError {
      throw ConfigurationError("\(error)", file: schedulerFile.path)
    } catch {
      throw ConfigurationError("cannot be read", file: schedulerFile.path)
    }
    unet = try UNet2DConditionModel(folder: folder.appending(path: "unet"))
    decoder = try AutoencoderKL.Decoder(folder: folder.appending(path: "vae"))
    guard unet.configuration.outChannels == decoder.configuration.latentChannels,
      unet.configuration.inChannels == unet.configuration.outChannels
    else {
      throw GenerationError.incompatible(
        "\(folder.path): the UNet's \(unet.configuration.inChannels) → \(unet.configuration.outChannels) channels do "
          + "not fit the autoencoder's \(decoder.configuration.latentChannels)")
    }
    encoder =
      switch index.pipeline {
      case .signalTokens:
        try SignalTokenEncoder(folder: folder, languageModel: languageModel, quiet: quiet)
      case .stableDiffusion: try CLIPPromptEncoder(folder: folder)
      }
  }

  /// Makes pictures that differ in their seeds only, which count up from the request's.
  ///
  /// - Parameters:
  ///   - progress: called between steps; what it throws stops the work.
  ///   - finished: called with each picture as soon as it is there.
  public func generate(
    _ request: GenerationRequest, count: Int = 1,
    progress: (_ picture: Int, GenerationEvent) throws -> Void = { _, _ in },
    finished: (GeneratedPicture) throws -> Void
  ) throws {
    let settings = try Settings(request, self)
    let conditioning = try self.conditioning(request, settings)
    for picture in 0..<count {
      let seed = request.seed &+ UInt64(picture)
      let latents = try denoise(settings, conditioning, source: request.random.source(seed: seed)) {
        try progress(picture, .step(completed: $0, total: $1))
      }
      try progress(picture, .decoding)
      let decoded = try decoder(decoder.configuration.unscaled(latents))
      guard decoded.isFinite else { throw GenerationError.notFinite("the autoencoder") }
      try finished(
        GeneratedPicture(
          picture: Picture(decoded: decoded),
          parameters: settings.parameters(request, seed: seed, model: name)))
    }
  }

  /// Checks a request without making anything, so that what is wrong with it is said at once.
  public func check(_ request: GenerationRequest) throws { _ = try Settings(request, self) }

  /// A request with every open choice made.
  private struct Settings {
    let kind: SamplerKind
    let plan: SamplingPlan
    let schedule: ScheduleName
    let guidance: ClassifierFreeGuidance
    let latentShape: [Int]  // (C, h, w)
    let width: Int
    let height: Int

    init(_ request: GenerationRequest, _ pipeline: TextToImagePipeline) throws {
      let factor = pipeline.decoder.configuration.pixelsPerLatent
      let trained = pipeline.unet.configuration.sampleSize ?? [64, 64]
      width = request.width ?? trained[trained.count - 1] * factor
      height = request.height ?? trained[0] * factor
      let allowed = factor...max(factor, TextToImagePipeline.maximumSize)
      guard width % factor == 0, height % factor == 0, allowed.contains(width), allowed.contains(height)
      else {
        throw GenerationError.wrongSize(
          width: width, height: height, multiple: factor, maximum: TextToImagePipeline.maximumSize)
      }
      latentShape = [pipeline.decoder.configuration.latentChannels, height / factor, width / factor]
      let scale = request.guidanceScale ?? pipeline.index.guidanceScale ?? 7.5
      guard scale.isFinite else { throw GenerationError.wrongGuidance(scale) }
      guidance = ClassifierFreeGuidance(scale: scale)
      kind =
        try request.sampler.map(SamplerCatalog.sampler(named:))
        ?? SamplerCatalog.sampler(for: pipeline.scheduler)
      schedule = request.schedule ?? pipeline.scheduler.schedule(for: kind)
      plan = try kind.plan(
        pipeline.scheduler,
        SamplerOptions(stepCount: request.stepCount, schedule: request.schedule, eta: request.eta))
    }

    func parameters(_ request: GenerationRequest, seed: UInt64, model: String) -> GenerationParameters {
      var settings = [
        ("Steps", "\(request.stepCount)"), ("Sampler", kind.title), ("Schedule type", schedule.rawValue),
        ("CFG scale", guidance.scale.formatted(.number.grouping(.never))), ("Seed", "\(seed)"),
        ("Size", "\(width)x\(height)"), ("Model", model),
      ]
      if request.eta != 0 { settings.append(("Eta", request.eta.formatted(.number.grouping(.never)))) }
      // The names by which other tools know these generators.
      let random = ["torch": "CPU", "cuda": "NV"][request.random.rawValue] ?? request.random.rawValue
      settings += [("RNG", random), ("Version", "Voken \(vokenVersion)")]
      return GenerationParameters(
        prompt: request.prompt, negativePrompt: request.negativePrompt ?? "", settings: settings)
    }
  }

  /// The conditions of one evaluation: the prompt's, and before it that without the prompt if guidance needs it.
  private func conditioning(
    _ request: GenerationRequest, _ settings: Settings
  ) throws -> UNet2DConditionModel.Conditioning {
    let prompt = try encoder.conditioning(for: request.prompt)
    var parts = [prompt]
    if settings.guidance.isActive {
      parts.insert(try encoder.unconditional(negativePrompt: request.negativePrompt), at: 0)
      guard parts[0].shape == prompt.shape else {
        throw GenerationError.incompatible(
          "the unconditional conditioning has shape \(parts[0].shape), the prompt's \(prompt.shape)")
      }
    }
    let states = Tensor.concatenating(parts)
    guard states.isFinite else { throw GenerationError.notFinite("the prompt's conditioning") }
    return try unet.conditioning(states)
  }

  /// The final latents (1, C, h, w).
  private func denoise(
    _ settings: Settings, _ conditioning: UNet2DConditionModel.Conditioning, source: any RandomSource,
    progress: (_ completed: Int, _ total: Int) throws -> Void
  ) throws -> Tensor {
    var noise = GaussianNoise([source], shape: settings.latentShape, layout: .channelsFirst)
    let latents = settings.plan.initialLatents(noise: noise.next())
    try progress(0, settings.plan.steps.count)
    let unet = unet
    let model: NoiseModel =
      settings.guidance.isActive
      ? settings.guidance { input, timestep in
        let both = try unet(Tensor.concatenating([input, input]), timestep: Float(timestep), conditioning)
        return (both[1..<2], both[0..<1])
      }
      : { input, timestep in try unet(input, timestep: Float(timestep), conditioning) }
    var run = Sampling(settings.plan, latents: latents, noise: noise, model: model)
    while let step = try run.next() {
      guard run.latents.isFinite else { throw GenerationError.notFinite("the UNet") }
      try progress(step.completed, step.total)
    }
    return run.latents
  }
}
