/// x (…, N) · weight (N, K) → (…, K): what `linear`'s gradient needs. A weight that is not fp32 is decoded a panel of
/// rows at a time, as there.
public func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
  let (n, k) = (weight.shape[0], weight.shape[1])
  precondition(x.dim(-1) == n, "\(x.shape) · \(weight.shape)")
  let m = x.shape.dropLast().reduce(1, *)
  let panel = weight.dtype == .float32 ? max(n, 1) : 1024
  let tiling = Tiling(rows: m, columns: k)
  return Tensor(shape: x.shape.dropLast() + [k]) { out in
    if n == 0 { out.update(repeating: 0, count: m * k) }
    x.withFloats { x in
      for start in stride(from: 0, to: n, by: panel) {
        let rows = min(panel, n - start)
        weight[start..<start + rows].float32().withFloats { w in
          parallel(tiling.count) { job in
            let t = tiling.tile(job, rows: m, columns: k)
            BLAS.gemm(
              m: t.rows, n: t.columns, k: rows, a: x + t.row * n + start, lda: n, b: w + t.column, ldb: k,
              transposeB: false, beta: start == 0 ? 0 : 1, c: out + t.row * k + t.column, ldc: k)
          }
        }
      }
    }
  }
}
