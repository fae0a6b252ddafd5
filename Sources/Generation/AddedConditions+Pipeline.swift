import DiffusionModels
import Tensors

extension TextToImagePipeline {
  /// What some UNets are told beside the prompt: SDXL the picture's size and the pooled text, its refiner a mark for
  /// beauty in place of the target size, latent consistency models the guidance.
  func addedConditions(_ parts: [PromptConditioning], _ settings: ResolvedRequest) -> AddedConditions {
    let configuration = files.unetConfiguration
    var added = AddedConditions()
    if let width = configuration.timeConditionWidth {
      let scales = parts.map { _ in settings.guidanceScale - 1 }
      added.guidance = guidanceScaleEmbedding(scales, width: width)
    }
    guard let textTime = configuration.textTime else { return added }
    let pooled = parts.compactMap(\.pooled)
    added.textEmbeddings = pooled.isEmpty ? nil : Tensor.concatenating(pooled)
    let ids = (textTime.width - (pooled.first?.dim(-1) ?? 0)) / textTime.timeWidth
    let (height, width) = (Float(settings.height), Float(settings.width))
    // The whole picture, uncropped. The marks are those that diffusers' pipeline gives.
    let times = parts.indices.flatMap { part in
      let mark: Float = part == parts.count - 1 ? 6 : 2.5
      return [height, width, 0, 0] + (ids == 5 ? [mark] : [height, width])
    }
    added.timeIDs = Tensor(times, shape: [parts.count, times.count / parts.count])
    return added
  }
}
