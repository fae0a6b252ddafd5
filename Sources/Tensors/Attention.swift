import CKernels

/// softmax(q·kᵀ·scale)·v for each head, scores held for one tile of queries at a time.
///
/// - Parameters:
///   - q: (B, Tq, heads·D).
///   - k: (B, Tk, kvHeads·D); `heads` is a multiple of `kvHeads` (grouped-query attention).
///   - v: (B, Tk, kvHeads·D).
///   - scale: 1/√D where nil.
///   - causal: query i sees keys 0…(Tk − Tq + i), the queries being the last Tq positions.
/// - Returns: (B, Tq, heads·D).
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, kvHeads: Int? = nil, scale: Float? = nil,
  causal: Bool = false
) -> Tensor {
  OperationTimes.timed(
    .attention, operations: 4 * Double(q.count) * Double(k.shape[1]) * (causal ? 0.5 : 1)
  ) {
    attention(q, k, v, heads: heads, kvHeads: kvHeads, scale: scale, causal: causal, on: .current)
  }
}

func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, kvHeads: Int?, scale: Float?, causal: Bool,
  on processor: Processor
) -> Tensor {
  let (q, k, v) = (q.float32(), k.float32(), v.float32())
  let kvHeads = kvHeads ?? heads
  let (batch, queries, width) = (q.shape[0], q.shape[1], q.shape[2])
  let (keys, kvWidth) = (k.shape[1], k.shape[2])
  precondition(k.shape == v.shape && k.shape[0] == batch && width % heads == 0 && heads % kvHeads == 0)
  let size = width / heads
  precondition(kvWidth == kvHeads * size && (!causal || queries <= keys))
  let scale = scale ?? 1 / Float(size).squareRoot()
  let isPacked = processor > .generic && size % 16 == 0 && keys > 0
  // Keys and values are packed again for each tile, so tiles are as large as their scores may be: 4 MB, or 64 rows.
  let tile = min(256, max(64, (1 << 20) / max(keys, 1) / 64 * 64))
  let tiles = (queries + tile - 1) / tile
  return Tensor(shape: q.shape) { out in
    q.withFloats { q in
      k.withFloats { k in
        v.withFloats { v in
          if queries == 1 {
            return attendOne(
              q, k, v, out, batch: batch, keys: keys, heads: heads, kvHeads: kvHeads, size: size, scale: scale
            )
          }
          parallel(batch * heads * tiles) { job in
            let (b, head, start) = (job / (heads * tiles), job / tiles % heads, job % tiles * tile)
            let rows = min(tile, queries - start)
            let past = keys - queries
            let visible = causal ? past + start + rows : keys
            let query = (b * queries + start) * width + head * size
            let key = b * keys * kvWidth + head / (heads / kvHeads) * size
            let stride = (visible + 15) / 16 * 16
            withScratch(rows * stride) { scores in
              if isPacked {
                multiplyPacking(
                  m: rows, n: visible, k: size, a: q + query, lda: width, b: k + key, columnStride: kvWidth,
                  stride: 1, c: scores, ldc: stride, on: processor)
              } else {
                BLAS.gemm(
                  m: rows, n: visible, k: size, a: q + query, lda: width, b: k + key, ldb: kvWidth,
                  transposeB: true, c: scores, ldc: stride)
              }
              if causal {
                for r in 0..<rows {
                  let seen = past + start + r + 1
                  voken_softmax(scores + r * stride, 1, seen, stride, scale)
                  (scores + r * stride + seen).update(repeating: 0, count: visible - seen)
                }
              } else {
                voken_softmax(scores, rows, visible, stride, scale)
              }
              if isPacked {
                multiplyPacking(
                  m: rows, n: size, k: visible, a: scores, lda: stride, b: v + key, columnStride: 1,
                  stride: kvWidth, c: out + query, ldc: width, on: processor)
              } else {
                BLAS.gemm(
                  m: rows, n: size, k: visible, a: scores, lda: stride, b: v + key, ldb: kvWidth,
                  transposeB: false, c: out + query, ldc: width)
              }
            }
          }
        }
      }
    }
  }
}
