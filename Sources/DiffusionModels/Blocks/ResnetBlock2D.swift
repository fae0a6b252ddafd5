import Checkpoints
import Layers
import Tensors

/// Two normalized convolutions beside a shortcut; in UNets the time embedding joins between them.
struct ResnetBlock2D: Sendable {
  /// What all resnets of a network have in common.
  struct Style: Sendable {
    var groups: Int
    var epsilon: Float
    var activation: Activation
    /// The width of the time embedding; nil in autoencoders.
    var timeWidth: Int?
    /// The embedding scales and shifts the second normalization instead of being added before it.
    var scaleShift = false
    var outputScale: Float = 1
    /// About how many there will be at this level, over all pictures: what convolutions are planned for.
    var pixels = 0
  }

  private let norm1: NormActivation
  private let conv1: Conv2d
  private let timeProjection: Linear?
  private let norm2: GroupNorm
  private let conv2: Conv2d
  private let shortcut: Conv2d?
  private let style: Style

  init(_ weights: Weights, _ inputs: Int, _ outputs: Int, _ style: Style) throws(WeightsError) {
    norm1 = try NormActivation(
      weights["norm1"], channels: inputs, groups: style.groups, epsilon: style.epsilon, style.activation)
    conv1 = try Conv2d(weights["conv1"], inputs, outputs, kernel: 3, padding: 1, pixels: style.pixels)
    if let width = style.timeWidth {
      timeProjection = try Linear(
        weights["time_emb_proj"].sensitive, width, style.scaleShift ? 2 * outputs : outputs)
    } else {
      timeProjection = nil
    }
    norm2 = try GroupNorm(weights["norm2"], groups: style.groups, channels: outputs, epsilon: style.epsilon)
    conv2 = try Conv2d(weights["conv2"], outputs, outputs, kernel: 3, padding: 1, pixels: style.pixels)
    shortcut = inputs == outputs ? nil : try Conv2d(weights["conv_shortcut"], inputs, outputs, kernel: 1)
    self.style = style
  }

  /// The type of features that its convolutions take.
  var inputType: DType { conv1.inputType }

  /// The result is of the type that x is of.
  ///
  /// x (N, H, W, in), the activated time embedding (N, timeWidth) → (N, H, W, out).
  func callAsFunction(_ x: Tensor, _ time: Tensor? = nil) -> Tensor {
    var h = norm1(x, as: conv1.inputType)
    if let timeProjection, let time {
      let time = timeProjection(time)  // (N, out), or (N, 2·out)
      if style.scaleShift {
        h = conv1(h)
        let outputs = h.dim(-1)
        h = norm2(h).modulatedPerImage(
          scale: time.lastDimension(0..<outputs), shift: time.lastDimension(outputs..<2 * outputs))
        h = style.activation(h)
      } else {
        h = activatedNorm2(conv1(h, Epilogue(perImage: time, as: conv2.inputType)))
      }
    } else {
      h = activatedNorm2(conv1(h, Epilogue(as: conv2.inputType)))
    }
    let kept = shortcut?(x, Epilogue(as: x.dtype)) ?? x
    return conv2(h, Epilogue(adding: kept, scale: 1 / style.outputScale, as: x.dtype))
  }

  private func activatedNorm2(_ x: Tensor) -> Tensor {
    style.activation == .silu
      ? norm2(x, silu: true, as: conv2.inputType) : style.activation(norm2(x))
  }
}
