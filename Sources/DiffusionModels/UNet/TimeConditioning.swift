import Checkpoints
import Layers
import Tensors

/// Everything that becomes the time embedding: the timestep, and what the model adds to it.
struct TimeConditioning: Sendable {
  /// The part that stays the same for all steps.
  struct Constant: Sendable {
    let guidance: Tensor?
    let classEmbedding: Tensor?
    let added: Tensor?
  }

  private let timesteps: SinusoidalEmbedding
  private let embedding: TimestepEmbedding
  private let classEmbedding: ClassEmbedding?
  private let textTime: (embedding: TimestepEmbedding, times: SinusoidalEmbedding)?
  private let configuration: UNet2DConfiguration

  init(_ weights: Weights, _ configuration: UNet2DConfiguration) throws(WeightsError) {
    let inputs = configuration.downBlocks[0].channels
    let width = configuration.timeEmbeddingWidth
    timesteps = SinusoidalEmbedding(
      width: inputs, flipSinToCos: configuration.flipSinToCos, frequencyShift: configuration.frequencyShift)
    embedding = try TimestepEmbedding(
      weights["time_embedding"], inputs, width, activation: configuration.activation,
      postActivation: configuration.timestepPostActivation, conditionWidth: configuration.timeConditionWidth)
    classEmbedding = try configuration.classEmbedding.map { (kind) throws(WeightsError) in
      try ClassEmbedding(
        weights["class_embedding"], kind, timestepWidth: inputs, width: width, configuration.activation)
    }
    textTime = try configuration.textTime.map { (kind) throws(WeightsError) in
      (
        try TimestepEmbedding(weights["add_embedding"], kind.width, width),
        SinusoidalEmbedding(
          width: kind.timeWidth, flipSinToCos: configuration.flipSinToCos,
          frequencyShift: configuration.frequencyShift)
      )
    }
    self.configuration = configuration
  }

  func constant(_ added: AddedConditions, count: Int) throws(InputError) -> Constant {
    Constant(
      guidance: try guidance(added, count: count), classEmbedding: try classes(added, count: count),
      added: try textTime(added, count: count))
  }

  private func guidance(_ added: AddedConditions, count: Int) throws(InputError) -> Tensor? {
    guard let width = configuration.timeConditionWidth else { return nil }
    return try added.guidance?.checked("guidance embeddings", [count, width])
  }

  private func classes(_ added: AddedConditions, count: Int) throws(InputError) -> Tensor? {
    guard let classEmbedding else { return nil }
    guard let labels = added.classLabels else { throw .missing("class labels") }
    return try classEmbedding(labels, count: count, timesteps: timesteps)
  }

  private func textTime(_ added: AddedConditions, count: Int) throws(InputError) -> Tensor? {
    guard let textTime, let kind = configuration.textTime else { return nil }
    guard let text = added.textEmbeddings else { throw .missing("pooled text embeddings") }
    guard let ids = added.timeIDs else { throw .missing("time ids (sizes and crop)") }
    guard ids.shape.count == 2, ids.shape[0] == count else {
      throw .wrongShape("time ids", found: ids.shape, expected: "[\(count), ids]")
    }
    let times = textTime.times(ids.floats).reshaped([count, ids.shape[1] * kind.timeWidth])
    let expected = kind.width - times.shape[1]
    guard expected >= 0 else {
      throw .wrongShape("time ids", found: ids.shape, expected: "at most \(kind.width / kind.timeWidth) ids")
    }
    let pooled = try text.checked("pooled text embeddings", [count, expected])
    return textTime.embedding(Tensor.concatenating([pooled, times], axis: 1))
  }

  /// N timesteps → the activated embedding (N, width) that resnets take.
  func callAsFunction(_ values: [Float], _ constant: Constant) -> Tensor {
    var x = embedding(timesteps(values), condition: constant.guidance)
    if let classes = constant.classEmbedding {
      x =
        configuration.concatenatesClassEmbedding ? Tensor.concatenating([x, classes], axis: 1) : x + classes
    }
    if let added = constant.added { x = x + added }
    if let activation = configuration.timeEmbeddingActivation { x = activation(x) }
    return configuration.activation(x)
  }
}
