import DiffusionModels
import Samplers
import Tensors

/// One picture on its way.
struct Draft {
  let picture: Int
  let seed: UInt64
  var noise: GaussianNoise
  var latents: Tensor  // (1, C, h, w)
}

/// The work that a request asks for: a few passes over the latents of each picture.
struct GenerationRun {
  /// What a pass begins with.
  private enum Start {
    case noise
    case source(SourcePicture)
    /// The latents of the pass before, as they are.
    case previous
    case enlarged(HiresFix)
  }

  private struct Pass {
    let settings: ResolvedRequest
    let network: Part<GuidedUNet>
    let start: Start
  }

  private let pipeline: TextToImagePipeline
  private let request: GenerationRequest
  private let plan: RunPlan
  private let passes: [Pass]
  private let previewer: Previewer?

  /// Reads the prompt and the picture to start from.
  /// - Parameter prompt: used instead of the request's.
  init(
    _ pipeline: TextToImagePipeline, _ request: GenerationRequest, prompt: PromptConditioning? = nil
  ) throws {
    self.pipeline = pipeline
    self.request = request
    plan = try RunPlan(request, pipeline)
    let prompts = try Self.prompts(pipeline.model, request, plan.first, prompt)
    func pass(
      _ settings: ResolvedRequest, _ model: LatentModel, _ prompts: Prompts, _ start: Start
    ) throws -> Pass {
      Pass(
        settings: settings,
        network: try Part(keeping: !pipeline.options.isLowMemory) {
          try GuidedUNet(
            model.unet(), prompt: prompts.prompt, unconditional: prompts.unconditional, settings)
        }, start: start)
    }
    let source = try Self.source(pipeline, request)
    var passes = [try pass(plan.first, pipeline.model, prompts, source.map(Start.source) ?? .noise)]
    if let refining = plan.refining, let refiner = pipeline.refiner {
      passes.append(
        try pass(refining, refiner, Self.prompts(refiner, request, refining, nil), .previous))
    }
    if let enlarged = plan.enlarged, let fix = request.hiresFix {
      passes.append(try pass(enlarged, pipeline.model, prompts, .enlarged(fix)))
    }
    self.passes = passes
    previewer = try Previewer(pipeline.files, pipeline.options) {
      try pipeline.files.decoder(pipeline.options.precision)
    }
  }

  private typealias Prompts = (prompt: PromptConditioning, unconditional: PromptConditioning?)

  private static func prompts(
    _ model: LatentModel, _ request: GenerationRequest, _ settings: ResolvedRequest,
    _ prompt: PromptConditioning?
  ) throws -> Prompts {
    let encoder = try model.encoder()
    let options = encoder.options(request)
    return (
      try prompt ?? request.document.map { try encoder.conditioning(for: $0, options) }
        ?? encoder.conditioning(for: request.prompt, options),
      settings.guidance.passes.contains(.unconditional)
        ? try encoder.unconditional(negativePrompt: request.negativePrompt, options) : nil
    )
  }

  private static func source(
    _ pipeline: TextToImagePipeline, _ request: GenerationRequest
  ) throws -> SourcePicture? {
    guard let picture = request.initialPicture else { return nil }
    return try SourcePicture(
      picture, mask: request.mask?.resized(width: picture.width, height: picture.height),
      encodesMasked: pipeline.files.takesMask, encoder: pipeline.files.encoder(pipeline.options.precision),
      tiling: pipeline.options.tiling)
  }

  /// The latents of some of the pictures, all passes done.
  func denoised(
    _ pictures: Range<Int>, progress: (_ picture: Int, GenerationEvent) throws -> Void
  ) throws -> [Draft] {
    var drafts = pictures.map { picture in
      let seed = request.seed &+ UInt64(picture)
      return Draft(
        picture: picture, seed: seed,
        noise: GaussianNoise(
          [request.random.source(seed: seed)], shape: plan.first.latentShape, layout: .channelsFirst),
        latents: .zeros([1] + plan.first.latentShape))
    }
    var completed = 0
    for pass in passes {
      for i in drafts.indices {
        drafts[i].noise = GaussianNoise(
          drafts[i].noise.generators, shape: pass.settings.latentShape, layout: .channelsFirst)
      }
      let starts = try starts(pass, &drafts)
      let network = try pass.network()
      for (i, start) in starts.enumerated() {
        if completed == 0 { try progress(drafts[i].picture, .step(completed: 0, total: plan.stepCount)) }
        try denoise(&drafts[i], pass, network, from: start, completed: completed, progress)
      }
      completed += pass.settings.plan.steps.count
    }
    return drafts
  }

  private func starts(_ pass: Pass, _ drafts: inout [Draft]) throws -> [StartingPoint] {
    let plan = pass.settings.plan
    if case .enlarged(let fix) = pass.start {
      try enlarge(&drafts, fix, to: pass.settings)
      return drafts.indices.map {
        StartingPoint(
          latents: plan.startingLatents(clean: drafts[$0].latents, noise: drafts[$0].noise.next()))
      }
    }
    return drafts.indices.map { i in
      switch pass.start {
      case .source(let source):
        source.start(plan, isFromNoise: request.strength == 1, noise: &drafts[i].noise)
      case .previous: StartingPoint(latents: drafts[i].latents)
      case .noise, .enlarged: StartingPoint(latents: plan.initialLatents(noise: drafts[i].noise.next()))
      }
    }
  }

  /// Makes the drafts' latents larger, by themselves or by way of pixels.
  private func enlarge(_ drafts: inout [Draft], _ fix: HiresFix, to settings: ResolvedRequest) throws {
    switch fix.upscaler {
    case .latent:
      for i in drafts.indices {
        drafts[i].latents = drafts[i].latents.resizedBilinear(
          height: settings.latentShape[1], width: settings.latentShape[2])
      }
    case .pixel:
      let decoder = try pipeline.decoder()
      let pictures = try drafts.map {
        try decoder($0.latents, checkpoint: pipeline.options.checkpoint)
          .resized(width: settings.width, height: settings.height)
      }
      let encoder = try pipeline.files.encoder(pipeline.options.precision)
      for (i, picture) in pictures.enumerated() {
        let posterior = try encoder(picture.encoderInput, tiling: pipeline.options.tiling)
        drafts[i].latents = encoder.configuration.scaled(posterior.sample(drafts[i].noise.next()))
      }
    }
  }

  private func denoise(
    _ draft: inout Draft, _ pass: Pass, _ network: GuidedUNet, from start: StartingPoint, completed: Int,
    _ progress: (_ picture: Int, GenerationEvent) throws -> Void
  ) throws {
    let plan = pass.settings.plan
    let noise = plan.noise(after: draft.noise, seeds: [draft.seed], random: request.random)
    let deep = DeepCache(interval: pass.settings.stepSaving.deepCache)
    var run = Sampling(plan, latents: start.latents, noise: noise, guidance: pass.settings.guidance) {
      input, timestep, passes in
      let input = start.extraChannels.map { Tensor.concatenating([input, $0], axis: 1) } ?? input
      return try network(input, timestep, passes, deep)
    }
    run.adjusting = start.kept?.adjusted
    while let step = try run.next() {
      guard run.latents.isFinite else { throw GenerationError.notFinite("the UNet") }
      let (completed, total) = (completed + step.completed, self.plan.stepCount)
      try progress(draft.picture, .step(completed: completed, total: total))
      if let preview = try previewer?(step.denoised, completed: completed, total: total) {
        try progress(draft.picture, .preview(preview))
      }
    }
    draft.noise = run.noise.independent
    draft.latents = start.kept?.finished(run.latents) ?? run.latents
  }

  // MARK: What is said of a picture

  func parameters(seed: UInt64) -> GenerationParameters {
    plan.parameters(request, pipeline.options, seed: seed, model: pipeline.files)
  }

  func file(_ draft: Draft) -> LatentsFile {
    LatentsFile(latents: draft.latents, parameters: parameters(seed: draft.seed))
  }
}
