import CKernels

/// The nonlinearities that published configurations name.
public enum Activation: String, Sendable {
  case silu, relu
  /// x·Φ(x), with the error function.
  case gelu
  /// The tanh approximation.
  case geluTanh = "gelu_new"
  /// x·σ(1.702x), OpenAI CLIP's.
  case quickGELU = "quick_gelu"

  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .silu: x.map { voken_silu($0, $1, $2) }
    case .relu: x.map { voken_relu($0, $1, $2) }
    case .gelu: x.map { voken_gelu_erf($0, $1, $2) }
    case .geluTanh: x.map { voken_gelu_tanh($0, $1, $2) }
    case .quickGELU: x.map { voken_gelu_quick($0, $1, $2) }
    }
  }
}

public func silu(_ x: Tensor) -> Tensor { Activation.silu(x) }

/// silu(gate) · up (Shazeer 2020, "GLU Variants Improve Transformer").
public func swiglu(gate: Tensor, up: Tensor) -> Tensor {
  precondition(gate.shape == up.shape)
  let total = gate.count
  return Tensor(shape: gate.shape) { out in
    gate.withFloats { gate in
      up.withFloats { up in
        parallelChunks(total) { voken_swiglu(gate + $0, up + $0, out + $0, $1) }
      }
    }
  }
}

/// (…, 2n) → (…, n): the first half times gelu of the second, as diffusers' GEGLU.
public func geglu(_ x: Tensor) -> Tensor {
  let n = x.dim(-1) / 2
  precondition(x.dim(-1) == 2 * n)
  return Tensor(shape: x.shape.dropLast() + [n]) { out in
    x.withFloats { input in
      parallelChunks(n == 0 ? 0 : x.count / (2 * n), of: max(1, 8192 / max(n, 1))) { start, rows in
        voken_geglu(input + start * 2 * n, out + start * n, rows, n)
      }
    }
  }
}
