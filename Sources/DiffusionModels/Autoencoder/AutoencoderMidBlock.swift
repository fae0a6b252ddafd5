import Checkpoints
import Tensors

/// Two resnets, with attention between them where the configuration asks for it.
struct AutoencoderMidBlock: Sendable {
  private let first, second: ResnetBlock2D
  private let attention: AutoencoderAttention?

  init(
    _ weights: Weights, channels: Int, attends: Bool, _ style: ResnetBlock2D.Style
  ) throws(WeightsError) {
    first = try ResnetBlock2D(weights["resnets"][0], channels, channels, style)
    attention =
      attends ? try AutoencoderAttention(weights["attentions"][0], channels: channels, style) : nil
    second = try ResnetBlock2D(weights["resnets"][1], channels, channels, style)
  }

  /// The type of features that its convolutions take.
  var inputType: DType { first.inputType }

  /// (N, H, W, C) → (N, H, W, C).
  func callAsFunction(_ x: Tensor) -> Tensor {
    let x = first(x)
    return second(attention?(x) ?? x)
  }
}
