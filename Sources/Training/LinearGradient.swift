import Layers
import Tensors

/// x (…, K) · weightᵀ (N, K) + bias (N) → (…, N).
func linear(_ x: Variable, _ weight: Variable, bias: Variable) -> Variable {
  let (n, k) = (weight.value.shape[0], weight.value.shape[1])
  return Variable(linear(x.value, weight.value, bias: bias.value), of: [x, weight, bias]) { gradient in
    let rows = gradient.reshaped([-1, n])
    return [
      x.isTracked ? product(gradient, weight.value) : nil,
      weight.isTracked ? product(rows.swapping(0..<1, 1..<2), x.value.reshaped([-1, k])) : nil,
      bias.isTracked ? rows.columnSums() : nil,
    ]
  }
}

extension Linear {
  /// The layer as it is, in whatever type its weight is stored: only its input has a gradient.
  func callAsFunction(_ x: Variable) -> Variable {
    Variable(self(x.value), of: [x]) { [product($0, weight)] }
  }
}

extension Variable {
  /// Adds `row` (C) to each row of the last dimension (…, C).
  public func addingRow(_ row: Variable) -> Variable {
    Variable(value.addingRow(row.value), of: [self, row]) { gradient in
      [gradient, row.isTracked ? gradient.columnSums().reshaped(row.value.shape) : nil]
    }
  }

  /// Multiplies each row of the last dimension (…, C) by constants (C).
  public func multipliedByRow(_ row: [Float]) -> Variable {
    Variable(value.multipliedByRow(row), of: [self]) { [$0.multipliedByRow(row)] }
  }
}

func + (x: Variable, y: Variable) -> Variable {
  Variable(x.value + y.value, of: [x, y]) { [$0, $0] }
}

extension Tensor {
  /// (…, C) → the sums over all rows (C).
  func columnSums() -> Tensor {
    let rows = reshaped([-1, dim(-1)])
    return product(Tensor(repeating: 1, shape: [1, rows.shape[0]]), rows).reshaped([dim(-1)])
  }

  /// Multiplies each row of the last dimension (…, C) by `row` (C).
  public func multipliedByRow(_ row: [Float]) -> Tensor {
    let columns = dim(-1)
    precondition(row.count == columns, "row of \(row.count) for \(shape)")
    return Tensor(shape: shape) { out in
      withFloats { x in
        parallelRows(count / max(columns, 1), of: columns) { r in
          for c in 0..<columns { out[r * columns + c] = x[r * columns + c] * row[c] }
        }
      }
    }
  }
}

/// Runs `body` once for each row, several to a thread's turn: cut by shape alone.
func parallelRows(_ rows: Int, of columns: Int, _ body: (_ row: Int) -> Void) {
  let atOnce = max(1, (1 << 14) / max(columns, 1))
  parallel((rows + atOnce - 1) / atOnce) { job in
    for row in job * atOnce..<min(rows, (job + 1) * atOnce) { body(row) }
  }
}
