import Foundation
import Tensors

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch's. Its state is a value: kept and put back, it
/// goes on as if nothing had happened.
public struct AdamW: Sendable {
  public static let betas = (0.9, 0.999)
  public static let epsilon = 1e-8

  /// Updates made.
  public private(set) var stepCount: Int
  /// Running means of the gradients and of their squares, by the parameters' names.
  public private(set) var means: [String: Tensor]
  public private(set) var squares: [String: Tensor]

  public init(stepCount: Int = 0, means: [String: Tensor] = [:], squares: [String: Tensor] = [:]) {
    (self.stepCount, self.means, self.squares) = (stepCount, means, squares)
  }

  /// - Parameters:
  ///   - gradients: of the parameters that change.
  ///   - weightDecay: for matrices; biases, norms and single rows are not pulled to 0.
  public mutating func update(
    _ parameters: inout [String: Tensor], _ gradients: [String: Tensor], learningRate: Double,
    weightDecay: Double
  ) {
    stepCount += 1
    let corrections = (1 - pow(Self.betas.0, Double(stepCount)), 1 - pow(Self.betas.1, Double(stepCount)))
    let rate = Float(learningRate / corrections.0)
    let (keepMean, keepSquare) = (Float(Self.betas.0), Float(Self.betas.1))
    let (newMean, newSquare) = (Float(1 - Self.betas.0), Float(1 - Self.betas.1))
    let (root, epsilon) = (Float(corrections.1.squareRoot()), Float(Self.epsilon))
    for (name, gradient) in gradients {
      // Taken out of the dictionaries, so that they are written to in place.
      guard var values = parameters.removeValue(forKey: name) else { continue }
      var mean = means.removeValue(forKey: name) ?? Tensor.zeros(values.shape)
      var square = squares.removeValue(forKey: name) ?? Tensor.zeros(values.shape)
      let isMatrix = values.shape.count == 2
      let kept = Float(1 - (isMatrix ? learningRate * weightDecay : 0))
      let count = values.count
      values.withMutableFloats { p in
        mean.withMutableFloats { m in
          square.withMutableFloats { v in
            gradient.withFloats { g in
              parallelRows(count, of: 1) { i in
                m[i] = keepMean * m[i] + newMean * g[i]
                v[i] = keepSquare * v[i] + newSquare * g[i] * g[i]
                p[i] = kept * p[i] - rate * m[i] / (v[i].squareRoot() / root + epsilon)
              }
            }
          }
        }
      }
      (parameters[name], means[name], squares[name]) = (values, mean, square)
    }
  }
}

/// The learning rate over a training: up in a straight line, then down along half a cosine to a tenth.
public struct LearningRate: Sendable {
  let peak: Double
  let warmUp: Int
  let total: Int

  public init(peak: Double, warmUp: Int, total: Int) {
    (self.peak, self.warmUp, self.total) = (peak, warmUp, total)
  }

  /// For the update that follows `step` others.
  public func callAsFunction(_ step: Int) -> Double {
    if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
    let progress = min(1, Double(step - warmUp) / Double(max(1, total - warmUp)))
    return peak * (0.55 + 0.45 * cos(.pi * progress))
  }
}

/// Gradients scaled down together where their common length is above `limit` (Pascanu et al. 2013), and that length.
public func clipped(
  _ gradients: [String: Tensor], to limit: Double
) -> (gradients: [String: Tensor], length: Double) {
  let squares = gradients.sorted { $0.key < $1.key }.map { $0.value.sumOfSquares }
  let length = squares.reduce(0, +).squareRoot()
  guard length > limit else { return (gradients, length) }
  return (gradients.mapValues { Float(limit / length) * $0 }, length)
}

extension Tensor {
  /// In double precision, in an order that the shape alone decides.
  public var sumOfSquares: Double {
    withFloats { x in (0..<count).reduce(0.0) { $0 + Double(x[$1]) * Double(x[$1]) } }
  }
}
