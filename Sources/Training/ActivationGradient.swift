import Foundation
import Tensors

extension Activation {
  func callAsFunction(_ x: Variable) -> Variable {
    Variable(self(x.value), of: [x]) { gradient in [gradient * x.value.mapped(slope)] }
  }

  /// Its derivative at x.
  func slope(_ x: Float) -> Float {
    switch self {
    case .relu: return x > 0 ? 1 : 0
    case .silu:
      let s = 1 / (1 + exp(-x))
      return s * (1 + x * (1 - s))
    case .quickGELU:
      let s = 1 / (1 + exp(-1.702 * x))
      return s * (1 + 1.702 * x * (1 - s))
    case .gelu:
      let below = 0.5 * (1 + erf(x * Float(0.5).squareRoot()))
      let density = exp(-0.5 * x * x) / (2 * Float.pi).squareRoot()
      return below + x * density
    case .geluTanh:
      let factor = (2 / Float.pi).squareRoot()
      let t = tanh(factor * (x + 0.044715 * x * x * x))
      let inner = factor * (1 + 0.134145 * x * x)
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner
    }
  }
}

/// silu(gate) · up.
func swiglu(gate: Variable, up: Variable) -> Variable {
  Variable(swiglu(gate: gate.value, up: up.value), of: [gate, up]) { gradient in
    [
      gradient * up.value * gate.value.mapped(Activation.silu.slope),
      gradient * silu(gate.value),
    ]
  }
}

extension Tensor {
  fileprivate func mapped(_ body: (Float) -> Float) -> Tensor {
    Tensor(shape: shape) { out in
      withFloats { x in parallelRows(count, of: 1) { out[$0] = body(x[$0]) } }
    }
  }
}
