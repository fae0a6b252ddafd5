import Tensors

/// Classifier-free guidance whose update is smoothed over the steps, limited in length, and weakened where it is parallel
/// to the conditional output: high scales without saturation (Sadat et al. 2024, algorithm 1). On the network's raw
/// outputs, as diffusers has it.
public struct AdaptiveProjectedGuidance: Sendable {
  /// The share of the last average in the next, negative in the paper; nil: no average.
  public let momentum: Float?
  /// The longest update, as the 2-norm over a picture; 0: any.
  public let threshold: Float
  /// What remains of the update's parallel part, 0…1; 1 is plain guidance.
  public let eta: Float
  private var average: Tensor?

  /// The defaults are those of the paper for Stable Diffusion.
  public init(momentum: Float? = -0.5, threshold: Float = 15, eta: Float = 0) {
    self.momentum = momentum
    self.threshold = threshold
    self.eta = eta
  }

  public mutating func combine(scale: Float, conditional: Tensor, unconditional: Tensor) -> Tensor {
    var update = add(conditional, -1, unconditional)
    if let momentum {
      if let average, average.shape == update.shape { update = add(update, momentum, average) }
      average = update
    }
    let pictures = (0..<update.shape[0]).map { index in
      projected(update[index..<index + 1], on: conditional[index..<index + 1])
    }
    return add(unconditional, scale, pictures.count == 1 ? pictures[0] : Tensor.concatenating(pictures))
  }

  /// One picture's update, limited, with η of its part along `direction`; sums in double precision.
  private func projected(_ update: Tensor, on direction: Tensor) -> Tensor {
    var update = update
    if threshold > 0 {
      let length = Float(dot(update, update).squareRoot())
      if length > threshold { update = (threshold / length) * update }
    }
    let along = dot(update, direction)
    let share = along / max(dot(direction, direction), 1e-24)
    return elementwise(update, direction) { [eta] update, direction in
      let parallel = share * Double(direction)
      return Float(Double(update) - parallel) + eta * Float(parallel)
    }
  }

  private func dot(_ x: Tensor, _ y: Tensor) -> Double {
    x.withFloats { a in
      y.withFloats { b in (0..<x.count).reduce(0) { $0 + Double(a[$1]) * Double(b[$1]) } }
    }
  }
}
