import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

/// What the fixtures' script contracts gradients with.
func direction(_ shape: [Int], _ phase: Double) -> Tensor {
  Tensor(doubles: (0..<shape.reduce(1, *)).map { sin(0.37 * Double($0) + phase) }, shape: shape)
}

/// Compares the gradients of sum(body(inputs) · seed) with central differences.
func expectGradients(
  of inputs: [Tensor], step: Float = 1e-2, tolerance: Float = 1e-3, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation, _ body: ([Variable]) -> Variable
) {
  let variables = inputs.map { Variable(parameter: $0) }
  let result = body(variables)
  let seed = direction(result.value.shape, 0.5)
  result.backward(seed: seed)
  func value(_ inputs: [Tensor]) -> Double {
    let result = body(inputs.map { Variable(constant: $0) })
    return zip(result.value.doubles, seed.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }
  for (which, input) in inputs.enumerated() {
    let differences = input.floats.indices.map { i in
      let ends = [step, -step].map { step in
        var moved = inputs
        var values = input.floats
        values[i] += step
        moved[which] = Tensor(values, shape: input.shape)
        return value(moved)
      }
      return (ends[0] - ends[1]) / Double(2 * step)
    }
    let gradient = variables[which].gradient ?? Tensor.zeros(input.shape)
    expectClose(
      gradient, Tensor(doubles: differences, shape: input.shape), tolerance, "\(what) input \(which)",
      sourceLocation: sourceLocation)
  }
}
