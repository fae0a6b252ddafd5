import DiffusionModels
import Foundation
import Samplers
import Tensors

/// A model, loaded: prompt → conditioning → denoised latents → picture.
public struct TextToImagePipeline: Sendable {
  public let files: ModelFiles
  /// The model's name.
  public var name: String { files.name }
  let options: PipelineOptions
  let model: LatentModel
  /// What takes the last steps, if anything does.
  let refiner: LatentModel?
  let decoder: Part<PictureDecoder>

  /// Loads and checks everything that a picture needs; with low memory, only what is small.
  public init(_ files: ModelFiles, _ options: PipelineOptions) throws {
    self.files = files
    self.options = options
    model = try LatentModel(files, options)
    refiner = try options.refiner.map { try LatentModel($0, options) }
    if let refiner, refiner.files.unetConfiguration.outChannels != files.unetConfiguration.outChannels {
      throw GenerationError.incompatible("\(refiner.files.url.path): refines other latents than the model's")
    }
    decoder = try Part(keeping: !options.isLowMemory) { try PictureDecoder(files, options) }
  }

  /// As above.
  /// - Parameters:
  ///   - languageModel: a GGUF file or Hugging Face folder to use instead of `llm/`.
  ///   - precision: the arithmetic of the UNet and the autoencoder; the text's path is always fp32.
  ///   - quiet: fetch the language model, where that is needed, without a word.
  public init(
    _ files: ModelFiles, languageModel: URL? = nil, precision: Precision = .f32, quiet: Bool = false
  ) throws {
    var options = PipelineOptions()
    options.languageModel = languageModel
    options.precision = precision
    options.isQuiet = quiet
    try self.init(files, options)
  }

  /// As above, from a model's folder.
  public init(
    folder: URL, languageModel: URL? = nil, precision: Precision = .f32, quiet: Bool = false
  ) throws {
    try self.init(
      ModelFiles(contentsOf: folder), languageModel: languageModel, precision: precision, quiet: quiet)
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
    let run = try GenerationRun(self, request, prompt: prompt)
    // Nothing is kept with low memory: each network serves all pictures before the next is loaded.
    let groups = options.isLowMemory ? [0..<count] : (0..<count).map { $0..<$0 + 1 }
    for group in groups {
      let drafts = try run.denoised(group, progress: progress)
      for draft in drafts { try progress(draft.picture, .denoised(run.file(draft))) }
      // Features of other sizes come now.
      BlockPool.shared.empty()
      let decoder = try decoder()
      for draft in drafts {
        try progress(draft.picture, .decoding)
        let picture = try decoder(draft.latents, checkpoint: options.checkpoint)
        try finished(
          GeneratedPicture(picture: picture, parameters: run.parameters(seed: draft.seed)))
      }
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
  var signalTokens: SignalTokenEncoder? {
    get throws { try model.encoder() as? SignalTokenEncoder }
  }

  /// Checks a request without making anything, so that what is wrong with it is said at once.
  public func check(_ request: GenerationRequest) throws {
    _ = try RunPlan(request, self)
    if request.promptOptions.clipSkip != nil { try model.encoder().check(request.promptOptions) }
  }

  /// Decodes latents that were kept, (1, C, h, w) as the UNet sees them, of any size.
  public static func decode(
    _ latents: Tensor, _ files: ModelFiles, _ options: PipelineOptions
  ) throws -> Picture {
    let channels = files.autoencoderConfiguration.latentChannels
    guard latents.shape[1] == channels else {
      throw GenerationError.incompatible(
        "the latents have \(latents.shape[1]) channels, but the model \(files.name) has \(channels)")
    }
    return try PictureDecoder(files, options)(latents, checkpoint: options.checkpoint)
  }
}
