import Checkpoints
import Layers
import Tensors

/// The embedding of class labels, added to the time embedding or joined to it.
enum ClassEmbedding: Sendable {
  case table(Embedding)
  case timestep(TimestepEmbedding)
  case identity(width: Int)
  case projection(TimestepEmbedding, inputs: Int)
  case linear(Linear, inputs: Int)

  init(
    _ weights: Weights, _ kind: UNet2DConfiguration.ClassEmbedding, timestepWidth: Int, width: Int,
    _ activation: Activation
  ) throws(WeightsError) {
    switch kind {
    case .table(let count): self = .table(try Embedding(weights, count: count, width: width))
    case .timestep:
      self = .timestep(try TimestepEmbedding(weights, timestepWidth, width, activation: activation))
    case .identity: self = .identity(width: width)
    case .projection(let inputs):
      self = .projection(try TimestepEmbedding(weights, inputs, width), inputs: inputs)
    case .simpleProjection(let inputs): self = .linear(try Linear(weights, inputs, width), inputs: inputs)
    }
  }

  /// N labels → (N, width).
  func callAsFunction(
    _ labels: AddedConditions.ClassLabels, count: Int, timesteps: SinusoidalEmbedding
  ) throws(InputError) -> Tensor {
    switch (self, labels) {
    case (.table(let table), .numbers(let labels)) where labels.count == count:
      guard labels.allSatisfy((0..<table.table.shape[0]).contains) else {
        throw .wrongShape("class labels", found: labels, expected: "numbers below \(table.table.shape[0])")
      }
      return table(labels)
    case (.timestep(let embedding), .numbers(let labels)) where labels.count == count:
      return embedding(timesteps(labels.map(Float.init)))
    case (.identity(let width), .vectors(let labels)):
      return try labels.checked("class labels", [count, width])
    case (.projection(let embedding, let inputs), .vectors(let labels)):
      return embedding(try labels.checked("class labels", [count, inputs]))
    case (.linear(let linear, let inputs), .vectors(let labels)):
      return linear(try labels.checked("class labels", [count, inputs]))
    case (.table, _), (.timestep, _): throw .missing("a class number for each of \(count) pictures")
    default: throw .missing("class vectors")
    }
  }
}

extension Tensor {
  /// Itself in fp32 if it has this shape.
  func checked(_ what: String, _ expected: [Int]) throws(InputError) -> Tensor {
    guard shape == expected else { throw .wrongShape(what, found: shape, expected: "\(expected)") }
    return float32()
  }
}
