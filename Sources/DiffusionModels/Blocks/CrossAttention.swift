import Checkpoints
import Layers
import Tensors

/// Multi-head attention from picture tokens to themselves or to a conditioning.
struct CrossAttention: Sendable {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let heads: Int

  /// - Parameter contextWidth: the width of what keys and values are made from.
  init(_ weights: Weights, width: Int, contextWidth: Int, heads: Int) throws(WeightsError) {
    query = try Linear(weights["to_q"], width, width, bias: false)
    key = try Linear(weights["to_k"], contextWidth, width, bias: false)
    value = try Linear(weights["to_v"], contextWidth, width, bias: false)
    output = try Linear(weights["to_out"][0], width, width)
    self.heads = heads
  }

  /// (N, T, contextWidth) → keys and values; those of a conditioning stay the same for all steps.
  func keyValues(_ context: Tensor) -> PackedKeyValues {
    let context = context.converted(to: key.inputType)
    let stored = Epilogue(as: query.inputType)
    return PackedKeyValues(
      keys: key(context, stored), values: value(context, stored), heads: heads, as: query.inputType)
  }

  /// The type of inputs that costs nothing to convert.
  var inputType: DType { query.inputType }

  /// (N, HW, width) → (N, HW, width), added to `residual` if there is one.
  func callAsFunction(_ x: Tensor, _ context: PackedKeyValues, adding residual: Tensor? = nil) -> Tensor {
    let queries = query(x, Epilogue(as: context.dtype))
    return output(
      attention(queries, context, as: output.inputType),
      Epilogue(adding: residual, as: residual?.dtype ?? .float32))
  }

  /// Attention of each token to itself alone, (N, HW, width) → (N, HW, width).
  func identity(_ x: Tensor) -> Tensor { output(value(x)) }
}
