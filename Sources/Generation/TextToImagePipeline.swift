import DiffusionModels
import Foundation
import Layers
import Samplers
import Tensors

/// A model folder, loaded: prompt → conditioning → denoised latents → picture.
public struct TextToImagePipeline: Sendable {
  /// The folder's name.
  public let name: String
  /// The arithmetic of the UNet and the autoencoder.
  public let precision: Precision
  private let folder: URL
  private let index: ModelIndex
  private let encoder: any PromptEncoder
  private let unet: UNet2DConditionModel
  private let decoder: AutoencoderKL.Decoder
  private let scheduler: SchedulerConfiguration

  /// Loads and checks everything that a picture needs.
  /// - Parameters:
  ///   - folder: in diffusers' layout, `SignalTokenPipeline`, `StableDiffusionPipeline` or `StableDiffusionXLPipeline`.
  ///   - languageModel: a GGUF file or Hugging Face folder to use instead of `llm/`.
  ///   - precision: the arithmetic of the UNet and the autoencoder; the text's path is always fp32.
  ///   - quiet: fetch the language model, where that is needed, without a word.
  public init(folder: URL, languageModel: URL? = nil, precision: Precision = .f32, quiet: Bool = false) throws
  {
    let indexFile = folder.appending(path: "model_index.json")
    guard FileManager.default.fileExists(atPath: indexFile.path) else {
      throw GenerationError.notAModel(folder.path)
    }
    self.folder = folder
    self.precision = precision
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
    unet = try UNet2DConditionModel(folder: folder.appending(path: "unet"), precision: precision)
    decoder = try AutoencoderKL.Decoder(folder: folder.appending(path: "vae"), precision: precision)
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
      case .stableDiffusionXL: try SDXLPromptEncoder(folder: folder, zerosForNone: index.zerosForEmptyPrompt)
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
    try generate(request, prompt: nil, count: count, progress: progress, finished: finished)
  }

  private func generate(
    _ request: GenerationRequest, prompt: PromptConditioning?, count: Int,
    progress: (_ picture: Int, GenerationEvent) throws -> Void, finished: (GeneratedPicture) throws -> Void
  ) throws {
    let settings = try resolved(request)
    let prompt =
      try prompt ?? request.document.map(encoder.conditioning(for:))
      ?? encoder.conditioning(for: request.prompt)
    let conditioning = try self.conditioning(request, prompt, settings)
    let posterior = try request.initialPicture.map { picture in
      try AutoencoderKL.Encoder(folder: folder.appending(path: "vae"), precision: precision)(
        picture.encoderInput)
    }
    for picture in 0..<count {
      let seed = request.seed &+ UInt64(picture)
      let source = request.random.source(seed: seed)
      let latents = try denoise(settings, conditioning, from: posterior, source: source) {
        try progress(picture, .step(completed: $0, total: $1))
      }
      try progress(picture, .decoding)
      let decoded = try decoder(decoder.configuration.unscaled(latents))
      guard decoded.isFinite else { throw GenerationError.notFinite("the autoencoder") }
      try finished(
        GeneratedPicture(
          picture: Picture(decoded: decoded),
          parameters: settings.parameters(request, seed: seed, model: name, precision)))
    }
  }

  /// One picture from conditioning that the language model's text gave, instead of the request's prompt.
  func picture(
    _ request: GenerationRequest, conditioning: PromptConditioning, progress: (GenerationEvent) throws -> Void
  ) throws -> GeneratedPicture {
    var result: GeneratedPicture?
    try generate(request, prompt: conditioning, count: 1) {
      try progress($1)
    } finished: {
      result = $0
    }
    guard let result else { preconditionFailure("a picture was asked for") }
    return result
  }

  /// The path by signal tokens; nil in a model whose prompts are read by CLIP.
  var signalTokens: SignalTokenEncoder? { encoder as? SignalTokenEncoder }

  /// Checks a request without making anything, so that what is wrong with it is said at once.
  public func check(_ request: GenerationRequest) throws { _ = try resolved(request) }

  private func resolved(_ request: GenerationRequest) throws -> ResolvedRequest {
    try ResolvedRequest(
      request, scheduler: scheduler, defaultGuidance: index.guidanceScale,
      trainedSize: unet.configuration.sampleSize, autoencoder: decoder.configuration)
  }

  /// The conditions of one evaluation: the prompt's, and before it that without the prompt if guidance needs it.
  private func conditioning(
    _ request: GenerationRequest, _ prompt: PromptConditioning, _ settings: ResolvedRequest
  ) throws -> UNet2DConditionModel.Conditioning {
    var parts = [prompt]
    if settings.guidance.isActive {
      parts.insert(try encoder.unconditional(negativePrompt: request.negativePrompt), at: 0)
      guard parts[0].states.shape == prompt.states.shape else {
        throw GenerationError.incompatible(
          "the unconditional conditioning has shape \(parts[0].states.shape), the prompt's \(prompt.states.shape)"
        )
      }
    }
    let states = Tensor.concatenating(parts.map(\.states))
    guard states.isFinite else { throw GenerationError.notFinite("the prompt's conditioning") }
    guard unet.configuration.textTime != nil else { return try unet.conditioning(states) }
    // Original size, crop and target size: the whole picture, uncropped.
    let (height, width) = (Float(settings.height), Float(settings.width))
    let times: [Float] = parts.flatMap { _ in [height, width, 0, 0, height, width] }
    let pooled = parts.compactMap(\.pooled)
    return try unet.conditioning(
      states,
      AddedConditions(
        textEmbeddings: pooled.isEmpty ? nil : Tensor.concatenating(pooled),
        timeIDs: Tensor(times, shape: [parts.count, 6])))
  }

  /// The final latents (1, C, h, w).
  private func denoise(
    _ settings: ResolvedRequest, _ conditioning: UNet2DConditionModel.Conditioning,
    from posterior: DiagonalGaussian?, source: any RandomSource,
    progress: (_ completed: Int, _ total: Int) throws -> Void
  ) throws -> Tensor {
    var noise = GaussianNoise([source], shape: settings.latentShape, layout: .channelsFirst)
    let latents: Tensor
    if let posterior {
      // The picture's latents are a sample too, and the first draw.
      let clean = decoder.configuration.scaled(posterior.sample(noise.next()))
      latents = settings.plan.startingLatents(clean: clean, noise: noise.next())
    } else {
      latents = settings.plan.initialLatents(noise: noise.next())
    }
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
