import Checkpoints
import Tensors

/// Group normalization over (N, …, C), with an optional SiLU after it. Keys: `weight` (C), `bias` (C).
public struct GroupNorm: Sendable {
  private let weight: Tensor
  private let bias: Tensor
  private let groups: Int
  private let epsilon: Float

  public init(_ weights: Weights, groups: Int, channels: Int, epsilon: Float) throws(WeightsError) {
    weight = try weights.float32("weight", [channels])
    bias = try weights.float32("bias", [channels])
    self.groups = groups
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor, silu: Bool = false, as output: DType = .float32) -> Tensor {
    groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon, silu: silu, as: output)
  }
}

/// Layer normalization over the last dimension. Keys: `weight` (C), `bias` (C).
public struct LayerNorm: Sendable {
  private let weight: Tensor
  private let bias: Tensor?
  private let epsilon: Float

  public init(
    _ weights: Weights, channels: Int, epsilon: Float = 1e-5, bias: Bool = true
  ) throws(WeightsError) {
    weight = try weights.float32("weight", [channels])
    self.bias = bias ? try weights.float32("bias", [channels]) : nil
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor, as output: DType = .float32) -> Tensor {
    layerNorm(x, weight: weight, bias: bias, epsilon: epsilon, as: output)
  }
}

/// Root-mean-square normalization over the last dimension. Key: `weight` (C).
public struct RMSNorm: Sendable {
  package let weight: Tensor
  package let epsilon: Float

  public init(_ weights: Weights, channels: Int, epsilon: Float) throws(WeightsError) {
    weight = try weights.float32("weight", [channels])
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { rmsNorm(x, weight: weight, epsilon: epsilon) }
}
