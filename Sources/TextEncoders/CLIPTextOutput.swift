import Tensors

/// What a CLIP text encoder says of B token sequences of length T.
public struct CLIPTextOutput: Sendable {
  /// The embeddings and then each layer's output, (B, T, C), without the final normalization.
  public let hiddenStates: [Tensor]
  /// The last of them after the final normalization, (B, T, C): what SD 1 and 2 are conditioned on.
  public let lastHiddenState: Tensor
  /// `lastHiddenState` at the first end token, (B, C).
  public let pooled: Tensor
  /// `pooled` through `text_projection`, (B, projection); nil for encoders that have none.
  public let textEmbeds: Tensor?

  /// The state that `skipped` layers before the last one leave unused, (B, T, C), without the final normalization. SDXL is
  /// conditioned on the one that skips 1, transformers' `hidden_states[-2]`.
  public func hiddenState(skipping skipped: Int) throws(TextEncoderError) -> Tensor {
    guard (0..<hiddenStates.count).contains(skipped) else {
      throw .tooManySkipped(skipped, layers: hiddenStates.count - 1)
    }
    return hiddenStates[hiddenStates.count - 1 - skipped]
  }
}
