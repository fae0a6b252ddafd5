import Samplers
import Tensors

/// A model as a benchmark needs it: latents of a prompt and a seed by any plan.
struct BenchmarkSubject {
  let name: String
  let scheduler: SchedulerConfiguration
  let guidance: Guidance
  let latentShape: [Int]  // (C, h, w)
  /// One for each prompt.
  let networks: [GuidedUNet]
  let picture: (Tensor) throws -> Picture

  /// The first noise of a seed, the same for every sampler.
  func noise(seed: UInt64) -> (initial: Tensor, source: GaussianNoise) {
    var source = GaussianNoise([TorchRandomSource(seed: seed)], shape: latentShape, layout: .channelsFirst)
    return (source.next(), source)
  }

  /// The state after each step, in variance-preserving form, as far as `keeping` asks for it from the end.
  ///
  /// Every run starts where the equation does: at its first level's noise exactly, and not at the noise scale that this
  /// sampler has in diffusers, which differs from it in the third digit for some.
  func run(
    _ plan: SamplingPlan, prompt: Int, seed: UInt64, keeping count: Int = 1,
    progress: @escaping () throws -> Void
  ) throws -> (latents: [Tensor], evaluations: Int) {
    let (initial, source) = noise(seed: seed)
    var guidance = guidance
    if let scale = plan.solver.preferredGuidanceScale {
      guidance.classifierFree = ClassifierFreeGuidance(scale: scale)
    }
    let network = networks[prompt]
    var run = Sampling(
      plan, latents: Float(plan.steps[0].from.magnitude) * initial,
      noise: plan.noise(after: source, seeds: [seed]), guidance: guidance
    ) { input, timestep, passes in
      try progress()
      return try network(input, timestep, passes)
    }
    var latents: [Tensor] = []
    while let step = try run.next() {
      guard step.total - step.completed < count else { continue }
      latents.append(run.latents / Float(step.step.to.magnitude))
    }
    return (latents, run.evaluations)
  }

  /// One evaluation in the middle of the schedule.
  func probe(seed: UInt64) throws -> [Float] {
    let output = try networks[0](
      noise(seed: seed).initial, Double(scheduler.trainedTimesteps / 2), guidance.passes)
    return output.conditional.floats + (output.unconditional?.floats ?? [])
  }
}

extension TextToImagePipeline {
  /// The model with the prompts of a benchmark.
  func benchmarkSubject(_ settings: BenchmarkSettings) throws -> BenchmarkSubject {
    guard !files.takesMask else {
      throw GenerationError.incompatible("\(name): a model for inpainting draws nothing from prompts alone")
    }
    var request = GenerationRequest(prompt: settings.prompts[0])
    request.guidanceScale = settings.guidanceScale
    // The model's own sampler may have a scale of its own.
    request.sampler = "ddim"
    let resolved = try ResolvedRequest(request, files, .whole)
    let encoder = try model.encoder()
    let promptOptions = encoder.options(request)
    let unet = try model.unet()
    let unconditional =
      resolved.guidance.passes.contains(.unconditional)
      ? try encoder.unconditional(negativePrompt: nil, promptOptions) : nil
    let networks = try settings.prompts.map { prompt in
      try GuidedUNet(
        unet, prompt: encoder.conditioning(for: prompt, promptOptions), unconditional: unconditional, resolved
      )
    }
    return BenchmarkSubject(
      name: name, scheduler: files.scheduler, guidance: resolved.guidance, latentShape: resolved.latentShape,
      networks: networks
    ) { try decoder()($0, checkpoint: options.checkpoint) }
  }
}
