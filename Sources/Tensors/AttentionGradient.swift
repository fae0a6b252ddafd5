import CKernels

/// The gradients of `attention` (same arguments) with respect to q, k and v, given that of its result (B, Tq, heads·D).
/// The weights are computed again; a head's scores are held whole, for lengths that one trains with.
public func attentionGradient(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, _ gradient: Tensor, heads: Int, kvHeads: Int? = nil,
  scale: Float? = nil, causal: Bool = false
) -> (q: Tensor, k: Tensor, v: Tensor) {
  let kvHeads = kvHeads ?? heads
  let (batch, queries, width) = (q.shape[0], q.shape[1], q.shape[2])
  let (keys, kvWidth) = (k.shape[1], k.shape[2])
  precondition(k.shape == v.shape && k.shape[0] == batch && width % heads == 0 && heads % kvHeads == 0)
  precondition(gradient.shape == q.shape && (!causal || queries <= keys))
  let (size, group) = (width / heads, heads / kvHeads)
  let scale = scale ?? 1 / Float(size).squareRoot()
  let (past, scores) = (keys - queries, queries * keys)
  var (dq, dk, dv) = (Tensor.zeros(q.shape), Tensor.zeros(k.shape), Tensor.zeros(v.shape))
  func pointers(
    _ body: (
      (q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, g: UnsafePointer<Float>),
      (q: UnsafeMutablePointer<Float>, k: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>)
    ) -> Void
  ) {
    q.withFloats { q in
      k.withFloats { k in
        v.withFloats { v in
          gradient.withFloats { g in
            dq.withMutableFloats { dq in
              dk.withMutableFloats { dk in
                dv.withMutableFloats { dv in body((q, k, v, g), (dq, dk, dv)) }
              }
            }
          }
        }
      }
    }
  }
  pointers { x, d in
    // The heads that share keys add to the same gradient, one after the other.
    parallel(batch * kvHeads) { job in
      let (b, kvHead) = (job / kvHeads, job % kvHeads)
      let key = b * keys * kvWidth + kvHead * size
      withScratch(3 * scores) { scratch in
        let (weights, slopes, transposed) = (scratch, scratch + scores, scratch + 2 * scores)
        for head in kvHead * group..<(kvHead + 1) * group {
          let query = b * queries * width + head * size
          let beta: Float = head == kvHead * group ? 0 : 1
          BLAS.gemm(
            m: queries, n: keys, k: size, a: x.q + query, lda: width, b: x.k + key, ldb: kvWidth,
            transposeB: true, c: weights, ldc: keys)
          for r in 0..<queries {
            let (row, seen) = (weights + r * keys, causal ? past + r + 1 : keys)
            voken_softmax(row, 1, seen, keys, scale)
            (row + seen).update(repeating: 0, count: keys - seen)
          }
          transpose(weights, rows: queries, columns: keys, into: transposed)
          BLAS.gemm(
            m: keys, n: size, k: queries, a: transposed, lda: queries, b: x.g + query, ldb: width,
            transposeB: false, beta: beta, c: d.v + key, ldc: kvWidth)
          BLAS.gemm(
            m: queries, n: keys, k: size, a: x.g + query, lda: width, b: x.v + key, ldb: kvWidth,
            transposeB: true, c: slopes, ldc: keys)
          for r in 0..<queries {
            let (p, s) = (weights + r * keys, slopes + r * keys)
            let mean = voken_dot(p, s, keys)
            for i in 0..<keys { s[i] = scale * p[i] * (s[i] - mean) }
          }
          BLAS.gemm(
            m: queries, n: size, k: keys, a: slopes, lda: keys, b: x.k + key, ldb: kvWidth,
            transposeB: false, c: d.q + query, ldc: width)
          transpose(slopes, rows: queries, columns: keys, into: transposed)
          BLAS.gemm(
            m: keys, n: size, k: queries, a: transposed, lda: queries, b: x.q + query, ldb: width,
            transposeB: false, beta: beta, c: d.k + key, ldc: kvWidth)
        }
      }
    }
  }
  return (dq, dk, dv)
}

private func transpose(
  _ x: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>
) {
  for r in 0..<rows { for c in 0..<columns { y[c * rows + r] = x[r * columns + c] } }
}
