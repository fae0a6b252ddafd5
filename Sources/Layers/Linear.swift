import Checkpoints
import Tensors

/// y = x·weightᵀ + bias over the last dimension. Keys: `weight` (out, in), `bias` (out).
public struct Linear: Sendable {
  private enum Weight: Sendable {
    case packed(PackedMatrix)
    case stored(Tensor)
  }

  private let kind: Weight
  public let bias: Tensor?
  private let isGated: Bool

  /// - Parameters:
  ///   - keepingType: leave the weight as it is stored (quantized, say) and decode it while multiplying, which saves
  ///     memory at some cost in time; otherwise it is packed once, in the precision of `weights`.
  ///   - gated: GEGLU: the first half of the outputs times gelu of the second is what comes out.
  public init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, bias: Bool = true, keepingType: Bool = false,
    gated: Bool = false
  ) throws(WeightsError) {
    // A 1×1 convolution is the same thing, and published files hold either.
    let shapes = [[outputs, inputs], [outputs, inputs, 1, 1]]
    isGated = gated
    kind =
      keepingType
      ? .stored(try weights.tensor("weight", anyOf: shapes))
      : .packed(try weights.packed("weight", anyOf: shapes, gated: gated))
    self.bias = bias ? try weights.float32("bias", [outputs]) : nil
  }

  public init(weight: Tensor, bias: Tensor?) {
    kind = .stored(weight)
    isGated = false
    self.bias = bias
  }

  /// (out, in), in fp32 unless it is kept as it was stored.
  public var weight: Tensor {
    switch kind {
    case .packed(let weight): weight.unpacked()
    case .stored(let weight): weight
    }
  }

  /// The type of inputs that costs nothing to convert.
  public var inputType: DType { if case .packed(let weight) = kind { weight.inputType } else { .float32 } }

  /// (…, in) → (…, out), or half of out if the layer is gated.
  public func callAsFunction(_ x: Tensor, _ epilogue: Epilogue = Epilogue()) -> Tensor {
    switch kind {
    case .packed(let weight) where weight.isGated == isGated: linear(x, weight, bias: bias, epilogue)
    case .packed(let weight): epilogue(geglu(linear(x, weight, bias: bias)))
    case .stored(let weight):
      epilogue(isGated ? geglu(linear(x, weight, bias: bias)) : linear(x, weight, bias: bias))
    }
  }
}
