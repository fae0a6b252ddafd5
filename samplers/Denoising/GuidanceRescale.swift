import Tensors

/// Gives a guided output back the standard deviation of the conditional one, by a factor 0…1 of the way, against
/// overexposure (Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed", section 3.4).
public struct GuidanceRescale: Sendable, Equatable {
  public let factor: Float

  public init(factor: Float = 0) { self.factor = factor }

  public func callAsFunction(_ guided: Tensor, like conditional: Tensor) -> Tensor {
    guard factor > 0 else { return guided }
    let pictures = (0..<guided.shape[0]).map { index -> Tensor in
      let picture = guided[index..<index + 1]
      let ratio = Float(deviation(conditional[index..<index + 1]) / deviation(picture))
      // Not a number where the guided output is constant: there is nothing to rescale.
      guard ratio.isFinite else { return picture }
      return elementwise(picture, picture) { [factor] x, _ in factor * (x * ratio) + (1 - factor) * x }
    }
    return pictures.count == 1 ? pictures[0] : Tensor.concatenating(pictures)
  }

  /// The root of the unbiased variance.
  private func deviation(_ x: Tensor) -> Double {
    let count = Double(x.count)
    return x.withFloats { values in
      let values = UnsafeBufferPointer(start: values, count: x.count)
      let mean = values.reduce(0) { $0 + Double($1) } / count
      let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return (squares / (count - 1)).squareRoot()
    }
  }
}
