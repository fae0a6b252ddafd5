import DiffusionModels
import Samplers

/// The passes over the latents that a request takes, each with all its choices made.
struct RunPlan {
  /// The first pass, which is all of it but for a refiner or a hires fix.
  let first: ResolvedRequest
  /// The last steps of the first pass, by another model.
  let refining: ResolvedRequest?
  /// The pass over the enlarged latents.
  let enlarged: ResolvedRequest?

  var stepCount: Int { [first, refining, enlarged].reduce(0) { $0 + ($1?.plan.steps.count ?? 0) } }

  /// - Throws: what is wrong with the request, for this model.
  init(_ request: GenerationRequest, _ pipeline: TextToImagePipeline) throws {
    try self.init(request, pipeline.files, refiner: pipeline.refiner?.files)
  }

  init(_ request: GenerationRequest, _ files: ModelFiles, refiner: ModelFiles?) throws {
    let picture = request.initialPicture
    if request.mask != nil, picture == nil { throw GenerationError.incompleteTask("a mask needs a picture") }
    if files.takesMask, request.mask == nil {
      throw GenerationError.incompleteTask(
        "\(files.name) is a model for inpainting: it needs a picture and a mask")
    }
    if let refiner {
      guard picture == nil else {
        throw GenerationError.incompleteTask(
          "a refiner takes the last steps of text-to-image; use it as the model to refine a picture")
      }
      guard !refiner.takesMask else {
        throw GenerationError.incompatible("\(refiner.url.path): an inpainting model cannot refine")
      }
      first = try ResolvedRequest(request, files, .first(share: request.refinerStart))
      refining = try ResolvedRequest(request, refiner, .second(share: request.refinerStart), size: first)
    } else {
      first = try ResolvedRequest(request, files, picture == nil ? .whole : .tail(strength: request.strength))
      refining = nil
    }
    guard let fix = request.hiresFix else {
      enlarged = nil
      return
    }
    guard picture == nil else {
      throw GenerationError.incompleteTask("a hires fix starts from noise, not from a picture")
    }
    guard HiresFix.scales.contains(fix.scale) else { throw GenerationError.wrongScale(fix.scale) }
    var second = request
    let factor = files.autoencoderConfiguration.pixelsPerLatent
    second.width = fix.side(first.width, multiple: factor)
    second.height = fix.side(first.height, multiple: factor)
    second.stepCount = fix.stepCount ?? request.stepCount
    enlarged = try ResolvedRequest(second, files, .tail(strength: fix.strength))
  }
}
