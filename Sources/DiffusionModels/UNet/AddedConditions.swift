import Tensors

/// What some models are conditioned on beside the text's hidden states, for N pictures.
public struct AddedConditions: Sendable {
  /// SDXL: the pooled text embedding, (N, width).
  public var textEmbeddings: Tensor?
  /// SDXL: original size, crop and target size (or the refiner's scores), (N, count).
  public var timeIDs: Tensor?
  /// Latent consistency models: see `guidanceScaleEmbedding`, (N, timeConditionWidth).
  public var guidance: Tensor?
  /// Models with a class embedding: N numbers, or for `identity` and projections (N, width).
  public var classLabels: ClassLabels?

  public enum ClassLabels: Sendable {
    case numbers([Int])
    case vectors(Tensor)
  }

  public init(
    textEmbeddings: Tensor? = nil, timeIDs: Tensor? = nil, guidance: Tensor? = nil,
    classLabels: ClassLabels? = nil
  ) {
    self.textEmbeddings = textEmbeddings
    self.timeIDs = timeIDs
    self.guidance = guidance
    self.classLabels = classLabels
  }
}
