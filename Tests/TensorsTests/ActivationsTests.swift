import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct ActivationsTests {
  /// Dense around zero, then out to ±100; not a multiple of any vector's length.
  static let inputs: [Float] =
    (-4000...4001).map { Float($0) / 400 } + (-1000...1000).map { Float($0) / 10 }
    + [0, -0.0, 1e-30, -1e-30, 1e-6, -1e-6, 1e20, -1e20, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]

  static func reference(_ activation: Activation, _ value: Float) -> Double {
    let x = Double(value)
    return switch activation {
    case .silu: x / (1 + exp(-x))
    case .relu: max(x, 0)
    case .gelu: x < -40 ? 0 : x * 0.5 * erfc(-x / 2.squareRoot())
    case .geluTanh: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .quickGELU: x / (1 + exp(-1.702 * x))
    }
  }

  /// A tail e^u is as exact as its exponent, whose rounding error grows with u; below the least normal number anything
  /// as small goes.
  static func tolerance(_ value: Float, _ expected: Double) -> Double {
    let x = abs(Double(value))
    let exponent = expected == 0 ? 0 : min(100, abs(log(abs(expected) / max(x, 1e-30))))
    return 4e-7 * (1 + exponent / 2) * abs(expected) + 1e-36
  }

  @Test(arguments: [Activation.silu, .relu, .gelu, .geluTanh, .quickGELU])
  func relativelyExact(_ activation: Activation) {
    let results = activation(Tensor(Self.inputs, shape: [Self.inputs.count])).floats
    var worst = (ratio: 0.0, input: Float(0))
    for (x, y) in zip(Self.inputs, results) {
      let expected = Self.reference(activation, x)
      let ratio = abs(Double(y) - expected) / Self.tolerance(x, expected)
      if !(ratio <= worst.ratio) { worst = (ratio, x) }
    }
    #expect(worst.ratio <= 1, "\(activation)(\(worst.input)) is off by \(worst.ratio) tolerances")
  }

  /// −∞ gives the limit, or 0·∞ as PyTorch's do.
  @Test(arguments: [Activation.silu, .relu, .gelu, .geluTanh, .quickGELU])
  func nonFinite(_ activation: Activation) {
    for count in [1, 16, 37] {
      #expect(activation(Tensor(repeating: .nan, shape: [count])).floats.allSatisfy { $0.isNaN })
      #expect(activation(Tensor(repeating: .infinity, shape: [count])).floats.allSatisfy { $0 == .infinity })
      let negative = activation(Tensor(repeating: -.infinity, shape: [count])).floats
      #expect(negative.allSatisfy { $0.isNaN || $0 == 0 }, "\(activation)")
    }
  }

  @Test func gatedForms() {
    var random = SeededGenerator(seed: 1)
    for (rows, columns) in [(0, 3), (1, 1), (3, 5), (2, 8193), (700, 33)] {
      let gate = random.tensor([rows, columns], in: -100...100)
      let value = random.tensor([rows, columns], in: -2...2)
      let silu = zip(gate.floats, value.floats).map { Self.reference(.silu, $0) * Double($1) }
      expectClose(swiglu(gate: gate, up: value), Tensor(doubles: silu, shape: gate.shape), 3e-7, "swiglu")
      let gelu = zip(gate.floats, value.floats).map { Self.reference(.gelu, $0) * Double($1) }
      let both = Tensor.concatenating([value, gate], axis: 1)
      expectClose(geglu(both), Tensor(doubles: gelu, shape: gate.shape), 3e-7, "geglu")
    }
  }

  @Test func gatedFormsKeepNaN() {
    let (one, nan) = (Tensor([1], shape: [1, 1]), Tensor([.nan], shape: [1, 1]))
    for (a, b) in [(one, nan), (nan, one)] {
      #expect(swiglu(gate: a, up: b).floats[0].isNaN)
      #expect(geglu(.concatenating([a, b], axis: 1)).floats[0].isNaN)
    }
  }
}
