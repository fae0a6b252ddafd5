import Checkpoints
import Layers
import Tensors

/// Multi-head attention from picture tokens to themselves or to a conditioning.
struct CrossAttention: Sendable {
  /// Keys and values (N, T, width) of one layer: those of a conditioning stay the same for all steps.
  struct KeyValues: Sendable {
    let keys: Tensor
    let values: Tensor
  }

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

  /// (N, T, contextWidth) → keys and values.
  func keyValues(_ context: Tensor) -> KeyValues { KeyValues(keys: key(context), values: value(context)) }

  /// (N, HW, width) → (N, HW, width).
  func callAsFunction(_ x: Tensor, _ context: KeyValues) -> Tensor {
    output(attention(query(x), context.keys, context.values, heads: heads))
  }

  /// Attention of each token to itself alone, (N, HW, width) → (N, HW, width).
  func identity(_ x: Tensor) -> Tensor { output(value(x)) }
}
