import DiffusionModels
import Tensors

extension AddedConditions {
  /// What some UNets are told beside the prompts: SDXL the picture's size and the pooled text, its refiner a mark for beauty
  /// in place of the target size, latent consistency models the guidance.
  ///
  /// - Parameter prompts: the prompt's conditioning last.
  init(
    _ prompts: [PromptConditioning], _ settings: ResolvedRequest, _ configuration: UNet2DConfiguration
  ) {
    self.init()
    if let width = configuration.timeConditionWidth {
      guidance = guidanceScaleEmbedding(prompts.map { _ in settings.guidanceScale - 1 }, width: width)
    }
    guard let textTime = configuration.textTime else { return }
    let pooled = prompts.compactMap(\.pooled)
    textEmbeddings = pooled.isEmpty ? nil : Tensor.concatenating(pooled)
    let ids = (textTime.width - (pooled.first?.dim(-1) ?? 0)) / textTime.timeWidth
    let (height, width) = (Float(settings.height), Float(settings.width))
    // The whole picture, uncropped. The marks are those that diffusers' pipeline gives.
    let times = prompts.indices.flatMap { part -> [Float] in
      let mark: Float = part == prompts.count - 1 ? 6 : 2.5
      return [height, width, 0, 0] + (ids == 5 ? [mark] : [height, width])
    }
    timeIDs = Tensor(times, shape: [prompts.count, times.count / prompts.count])
  }
}
