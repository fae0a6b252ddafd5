import Checkpoints
import Tensors

/// Rows of a table, kept in the type they are stored in. Key: `weight` (count, width).
public struct Embedding: Sendable {
  public let table: Tensor

  public init(_ weights: Weights, count: Int, width: Int) throws(WeightsError) {
    table = try weights.tensor("weight", [count, width])
  }

  /// T ids, each within the table → (T, width) in fp32.
  public func callAsFunction(_ ids: [Int]) -> Tensor {
    ids.isEmpty
      ? Tensor.zeros([0, table.shape[1]])
      : Tensor.concatenating(ids.map { table[$0..<$0 + 1].float32() })
  }
}
