import DiffusionModels
import Foundation
import Samplers
import Tensors

/// A model, loaded: prompt → conditioning → denoised latents → picture.
public struct TextToImagePipeline: Sendable {
  public let files: ModelFiles
  private let encoder: any PromptEncoder
  private let unet: UNet2DConditionModel
  private let decoder: AutoencoderKL.Decoder

  /// Loads and checks everything that a picture needs.
  /// - Parameters:
  ///   - files: of a `SignalTokenPipeline`, `StableDiffusionPipeline` or `StableDiffusionXLPipeline`.
  ///   - languageModel: a GGUF file or Hugging Face folder to use instead of `llm/`.
  ///   - quiet: fetch the language model, where that is needed, without a word.
  public init(_ files: ModelFiles, languageModel: URL? = nil, quiet: Bool = false) throws {
    self.files = files
    unet = try files.unet()
    decoder = try files.decoder()
    guard unet.configuration.outChannels == decoder.configuration.latentChannels,
      unet.configuration.inChannels == unet.configuration.outChannels
    else {
      throw GenerationError.incompatible(
        "\(files.url.path): the UNet's \(unet.configuration.inChannels) → \(unet.configuration.outChannels) channels "
          + "do not fit the autoencoder's \(decoder.configuration.latentChannels)")
    }
    encoder =
      switch files.index.pipeline {
      case .signalTokens: try SignalTokenEncoder(files, languageModel: languageModel, quiet: quiet)
      case .stableDiffusion: try CLIPPromptEncoder(files)
      case .stableDiffusionXL: try SDXLPromptEncoder(files)
      }
  }

  /// As above, from a model's folder.
  public init(folder: URL, languageModel: URL? = nil, quiet: Bool = false) throws {
    try self.init(ModelFiles(contentsOf: folder), languageModel: languageModel, quiet: quiet)
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
    let settings = try resolved(request)
    let network = try network(request, settings)
    let posterior = try request.initialPicture.map { picture in
      try files.encoder()(picture.encoderInput)
    }
    for picture in 0..<count {
      let seed = request.seed &+ UInt64(picture)
      let source = request.random.source(seed: seed)
      let latents = try denoise(settings, network, from: posterior, source: source) {
        try progress(picture, .step(completed: $0, total: $1))
      }
      try progress(picture, .decoding)
      let decoded = try decoder(decoder.configuration.unscaled(latents))
      guard decoded.isFinite else { throw GenerationError.notFinite("the autoencoder") }
      try finished(
        GeneratedPicture(
          picture: Picture(decoded: decoded),
          parameters: settings.parameters(request, seed: seed, model: files.name)))
    }
  }

  /// Checks a request without making anything, so that what is wrong with it is said at once.
  public func check(_ request: GenerationRequest) throws {
    _ = try resolved(request)
    try encoder.check(request.promptOptions)
  }

  private func resolved(_ request: GenerationRequest) throws -> ResolvedRequest {
    try ResolvedRequest(
      request, scheduler: files.scheduler, defaultGuidance: files.index.guidanceScale,
      unet: unet.configuration, autoencoder: decoder.configuration)
  }

  /// The UNet with the conditions of a request.
  private func network(_ request: GenerationRequest, _ settings: ResolvedRequest) throws -> GuidedUNet {
    let options = encoder.options(request)
    return try GuidedUNet(
      unet, prompt: encoder.conditioning(for: request.prompt, options),
      unconditional: settings.guidance.passes.contains(.unconditional)
        ? encoder.unconditional(negativePrompt: request.negativePrompt, options) : nil,
      settings)
  }

  /// The final latents (1, C, h, w).
  private func denoise(
    _ settings: ResolvedRequest, _ network: GuidedUNet, from posterior: DiagonalGaussian?,
    source: any RandomSource,
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
    var run = Sampling(
      settings.plan, latents: latents, noise: noise, guidance: settings.guidance,
      model: network.callAsFunction)
    while let step = try run.next() {
      guard run.latents.isFinite else { throw GenerationError.notFinite("the UNet") }
      try progress(step.completed, step.total)
    }
    return run.latents
  }
}
