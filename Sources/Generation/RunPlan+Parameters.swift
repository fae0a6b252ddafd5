import Foundation

extension RunPlan {
  /// What is written into a picture, by the names that AUTOMATIC1111's web UI gave the settings.
  func parameters(
    _ request: GenerationRequest, _ options: PipelineOptions, seed: UInt64, model: ModelFiles
  ) -> GenerationParameters {
    func plain(_ value: some BinaryFloatingPoint) -> String {
      Double(value).formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }
    let size = enlarged ?? first
    var settings = [
      ("Steps", "\(request.levels.stepCount ?? request.stepCount)"), ("Sampler", first.kind.title),
      ("Schedule type", request.levels.stepCount == nil ? first.schedule.rawValue : "given"),
      ("CFG scale", plain(first.guidanceScale)),
      ("Seed", "\(seed)"), ("Size", "\(first.width)x\(first.height)"), ("Model", model.name),
    ]
    if request.initialPicture != nil {
      settings.append(("Denoising strength", plain(request.strength)))
      if request.mask != nil { settings.append(("Mask", "white is new")) }
    } else if let fix = request.hiresFix {
      settings += [
        ("Denoising strength", plain(fix.strength)), ("Hires resize", "\(size.width)x\(size.height)"),
        ("Hires steps", "\(fix.stepCount ?? request.stepCount)"),
        ("Hires upscaler", fix.upscaler == .latent ? "Latent" : "Lanczos"),
      ]
    }
    if let refiner = options.refiner {
      settings += [("Refiner", refiner.name), ("Refiner switch at", plain(request.refinerStart))]
    }
    settings += request.guidance.parameters
    settings += request.stepSaving.parameters
    if request.eta != 0 { settings.append(("Eta", plain(request.eta))) }
    if options.precision != .f32 { settings.append(("Precision", options.precision.rawValue)) }
    // The names by which other tools know these generators.
    let random = ["torch": "CPU", "cuda": "NV"][request.random.rawValue] ?? request.random.rawValue
    settings += [("RNG", random), ("Version", "Voken \(vokenVersion)")]
    return GenerationParameters(
      prompt: request.prompt, negativePrompt: request.negativePrompt ?? "", settings: settings)
  }
}
