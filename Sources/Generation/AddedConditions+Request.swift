import DiffusionModels
import Tensors

extension AddedConditions {
  /// What a request is to a UNet beside its words: sizes, scores and the strength of guidance.
  /// - Parameter pooled: the pooled text embedding (1, P) of each part of the batch, the prompt's last.
  init(_ pooled: [Tensor?], _ settings: ResolvedRequest, _ unet: UNet2DConfiguration) {
    self.init()
    if let width = unet.timeConditionWidth {
      // Distilled with guidance as others write it: its 0 is our 1.
      let scale = Float(Double(settings.guidanceScale) - 1)
      guidance = guidanceScaleEmbedding(Array(repeating: scale, count: pooled.count), width: width)
    }
    guard let textTime = unet.textTime else { return }
    let embeddings = pooled.compactMap(\.self)
    guard embeddings.count == pooled.count else { return }
    textEmbeddings = Tensor.concatenating(embeddings)
    let (height, width) = (Float(settings.height), Float(settings.width))
    // The refiner takes an aesthetic score, better for the prompt than for its absence, in place of the target size.
    let isRefiner = textTime.width - embeddings[0].dim(-1) == 5 * textTime.timeWidth
    let times = pooled.indices.map { part -> [Float] in
      // The original size and crop: the whole picture.
      [height, width, 0, 0] + (isRefiner ? [part == pooled.count - 1 ? 6 : 2.5] : [height, width])
    }
    timeIDs = Tensor(times.flatMap(\.self), shape: [times.count, times[0].count])
  }
}
