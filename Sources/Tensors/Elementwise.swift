import CKernels

// fp32 arithmetic on tensors of equal shape, and with numbers. There is no general broadcasting: the two patterns
// that networks need, a row added to all rows and one added to each image, have names.

/// a·x + b·y.
public func linearCombination(_ a: Float, _ x: Tensor, _ b: Float, _ y: Tensor) -> Tensor {
  elementwise(x, y) { voken_axpby(a, $0, b, $1, $2, $3) }
}

public func + (x: Tensor, y: Tensor) -> Tensor { linearCombination(1, x, 1, y) }
public func - (x: Tensor, y: Tensor) -> Tensor { linearCombination(1, x, -1, y) }
public func * (x: Tensor, y: Tensor) -> Tensor { elementwise(x, y) { voken_multiply($0, $1, $2, $3) } }
public func * (a: Float, x: Tensor) -> Tensor { x.map { voken_affine(a, $0, 0, $1, $2) } }
public func + (x: Tensor, b: Float) -> Tensor { x.map { voken_affine(1, $0, b, $1, $2) } }
public func / (x: Tensor, a: Float) -> Tensor { (1 / a) * x }

extension Tensor {
  /// Every value limited to the range.
  public func clamped(_ range: ClosedRange<Float>) -> Tensor {
    map { x, y, n in
      for i in 0..<n { y[i] = min(max(x[i], range.lowerBound), range.upperBound) }
    }
  }

  /// Adds `row` (C) to each row of the last dimension (…, C).
  public func addingRow(_ row: Tensor) -> Tensor {
    let columns = dim(-1)
    precondition(row.count == columns, "row of \(row.count) for \(shape)")
    let rowsAtOnce = max(1, (1 << 15) / max(columns, 1))
    return Tensor(shape: shape) { out in
      withFloats { x in
        row.withFloats { row in
          parallelChunks(count / max(columns, 1), of: rowsAtOnce) { start, rows in
            voken_add_row(x + start * columns, row, out + start * columns, rows, columns)
          }
        }
      }
    }
  }

  /// Adds row n of `rows` (N, C) to every position of picture n (N, …, C): how a time embedding joins features.
  public func addingPerImage(_ rows: Tensor) -> Tensor {
    precondition(rows.shape == [shape[0], dim(-1)], "rows \(rows.shape) for \(shape)")
    let columns = dim(-1)
    let positions = rows.count == 0 ? 0 : count / rows.count
    let atOnce = max(1, (1 << 15) / max(columns, 1))
    let chunks = (positions + atOnce - 1) / atOnce
    return Tensor(shape: shape) { out in
      withFloats { x in
        rows.withFloats { rows in
          parallel(shape[0] * chunks) { job in
            let (image, start) = (job / chunks, job % chunks * atOnce)
            let offset = (image * positions + start) * columns
            voken_add_row(
              x + offset, rows + image * columns, out + offset, min(atOnce, positions - start), columns)
          }
        }
      }
    }
  }

  /// Applies a kernel to runs of elements, on several threads.
  func map(
    _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) -> Tensor {
    Tensor(shape: shape) { out in
      withFloats { x in
        parallelChunks(count) { start, count in body(x + start, out + start, count) }
      }
    }
  }
}

private func elementwise(
  _ x: Tensor, _ y: Tensor,
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
) -> Tensor {
  precondition(x.shape == y.shape, "shapes differ: \(x.shape) and \(y.shape)")
  let total = x.count
  return Tensor(shape: x.shape) { out in
    x.withFloats { x in
      y.withFloats { y in
        parallelChunks(total) { start, count in body(x + start, y + start, out + start, count) }
      }
    }
  }
}
