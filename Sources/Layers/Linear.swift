import Checkpoints
import Tensors

/// y = x·weightᵀ + bias over the last dimension. Keys: `weight` (out, in), `bias` (out).
public struct Linear: Sendable {
  public let weight: Tensor
  public let bias: Tensor?

  /// - Parameter keepingType: leave the weight as it is stored (quantized, say) and decode it while multiplying, which
  ///   saves memory at some cost in time; otherwise it is turned into fp32 once.
  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, bias: Bool = true, keepingType: Bool = false
  ) throws(WeightsError) {
    // A 1×1 convolution is the same thing, and published files hold either.
    let shapes = [[outputs, inputs], [outputs, inputs, 1, 1]]
    weight =
      keepingType ? try weights.tensor("weight", anyOf: shapes) : try weights.float32("weight", anyOf: shapes)
    self.bias = bias ? try weights.float32("bias", [outputs]) : nil
  }

  public init(weight: Tensor, bias: Tensor?) {
    self.weight = weight
    self.bias = bias
  }

  /// (…, in) → (…, out).
  public func callAsFunction(_ x: Tensor) -> Tensor { linear(x, weight, bias: bias) }
}
