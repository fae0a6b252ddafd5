import Checkpoints
import Tensors

/// PyTorch's `nn.MultiheadAttention`, without masks. Keys: `in_proj_weight` (3C, C) and `in_proj_bias` (3C), which hold
/// the query, key and value projections one below the other, and `out_proj`.
public struct MultiheadAttention: Sendable {
  private let query: Linear
  private let keyValue: Linear
  private let output: Linear
  private let heads: Int

  public init(_ weights: Weights, channels: Int, heads: Int) throws(WeightsError) {
    let weight = try weights.float32("in_proj_weight", [3 * channels, channels])
    let bias = try weights.float32("in_proj_bias", [3 * channels])
    query = Linear(weight: weight[0..<channels], bias: bias[0..<channels])
    keyValue = Linear(weight: weight[channels..<3 * channels], bias: bias[channels..<3 * channels])
    output = try Linear(weights["out_proj"], channels, channels)
    self.heads = heads
  }

  /// x (B, T, C) attends to `context` (B, S, C), or to itself → (B, T, C).
  public func callAsFunction(_ x: Tensor, context: Tensor? = nil) -> Tensor {
    let channels = x.dim(-1)
    let kv = keyValue(context ?? x)  // (B, S, 2C)
    return output(
      attention(
        query(x), kv.lastDimension(0..<channels), kv.lastDimension(channels..<2 * channels), heads: heads))
  }
}
