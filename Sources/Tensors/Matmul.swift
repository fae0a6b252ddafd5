import CBLAS
import CKernels

/// OpenBLAS on one thread: the product is cut into tiles here, by shape alone, so that each element is summed in the
/// same order whatever the number of threads.
enum BLAS {
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// c (m, n) = alpha·a (m, k) · b (k, n), or b (n, k) transposed, + beta·c; rows are `lda`, `ldb`, `ldc` floats apart.
  static func gemm(
    m: Int, n: Int, k: Int, alpha: Float = 1, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>,
    ldb: Int,
    transposeB: Bool, beta: Float = 0, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    _ = singleThreaded
    if k == 0 {  // BLAS refuses rows of no length.
      for i in 0..<m { for j in 0..<n { c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j] } }
      return
    }
    if m == 1 {  // Packing b would cost more than the product.
      cblas_sgemv(
        CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, blasint(transposeB ? n : k),
        blasint(transposeB ? k : n), alpha, b, blasint(ldb), a, 1, beta, c, 1)
      return
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k),
      alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }
}

/// c (m, n) = a (m, k) · b, where column j of b begins at `columnStride`·j and its elements are `stride` floats apart.
/// Panels of b are packed first. c is written up to the next multiple of 16 columns.
func multiplyPacking(
  m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, columnStride: Int,
  stride: Int, c: UnsafeMutablePointer<Float>, ldc: Int, on processor: Processor
) {
  let width = PackedMatrix.panelWidth
  withTable(m) { table in
    for i in 0..<m { table[i] = UnsafeRawPointer(a + i * lda) }
    withScratch(width * k) { panel in
      for start in Swift.stride(from: 0, to: n, by: width) {
        let columns = min(width, n - start)
        _ = voken_pack_panel(
          VOKEN_F32, b + start * columnStride, columns, 1, k, columnStride, 1, stride, panel)
        voken_multiply_panel(processor.code, VOKEN_F32, table, m, 1, k, panel, columns, c + start, ldc)
      }
    }
  }
}

/// How a product of `rows` × `columns` is cut: tiles large enough that packing is cheap, and enough of them to share.
struct Tiling {
  let rowTile: Int
  let columnTile: Int
  let rowTiles: Int
  let columnTiles: Int

  init(rows: Int, columns: Int) {
    rowTile = rows <= 512 ? max(rows, 1) : 256
    rowTiles = (rows + rowTile - 1) / rowTile
    // With few row tiles the columns are cut as well, into multiples of the kernel's width.
    let wanted = max(1, 8 / max(rowTiles, 1))
    columnTile = max(64, (columns / wanted + 63) / 64 * 64)
    columnTiles = (columns + columnTile - 1) / columnTile
  }

  var count: Int { rowTiles * columnTiles }

  /// Tile `job` as (first row, rows, first column, columns).
  func tile(_ job: Int, rows: Int, columns: Int) -> (row: Int, rows: Int, column: Int, columns: Int) {
    let row = job % rowTiles * rowTile
    let column = job / rowTiles * columnTile
    return (row, min(rowTile, rows - row), column, min(columnTile, columns - column))
  }
}

/// x (…, K) · weightᵀ (N, K) + bias (N) → (…, N). The weight may be stored in any type: what is not fp32 is decoded a
/// panel of rows at a time, and stays small in memory.
public func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
  linear(x, weight, bias: bias, on: .current)
}

func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, on processor: Processor) -> Tensor {
  let (n, k) = (weight.shape[0], weight.shape[1])
  precondition(x.dim(-1) == k && (bias.map { $0.count == n } ?? true), "\(x.shape) · \(weight.shape)ᵀ")
  let m = x.shape.dropLast().reduce(1, *)
  let result = Tensor(shape: x.shape.dropLast() + [n]) { out in
    x.withFloats { x in
      if weight.dtype == .float32 {
        weight.withFloats { multiply(x, $0, out, m: m, n: n, k: k) }
      } else {
        multiplyDecoding(x, weight, out, m: m, n: n, k: k, on: processor)
      }
      bias?.withFloats { bias in
        parallelChunks(m, of: max(1, (1 << 15) / max(n, 1))) { start, rows in
          voken_add_row(out + start * n, bias, out + start * n, rows, n)
        }
      }
    }
  }
  return result
}

private func multiply(
  _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, m: Int, n: Int,
  k: Int
) {
  if m == 1 {
    parallelRanges(n) { start, count in
      for i in start..<start + count { out[i] = voken_dot(x, w + i * k, k) }
    }
    return
  }
  let tiling = Tiling(rows: m, columns: n)
  parallel(tiling.count) { job in
    let t = tiling.tile(job, rows: m, columns: n)
    BLAS.gemm(
      m: t.rows, n: t.columns, k: k, a: x + t.row * k, lda: k, b: w + t.column * k, ldb: k, transposeB: true,
      c: out + t.row * n + t.column, ldc: n)
  }
}

private func multiplyDecoding(
  _ x: UnsafePointer<Float>, _ weight: Tensor, _ out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
  on processor: Processor
) {
  let rowBytes = k / weight.dtype.blockSize * weight.dtype.blockBytes
  weight.withBytes { bytes in
    if m <= QuantizedDot.mostRows, let dot = QuantizedDot(weight.dtype) {
      dot(x, bytes.baseAddress!, out, m: m, n: n, k: k)
      return
    }
    // The kernel writes whole vectors.
    if m > 1, n % 16 == 0, k > 0, processor > .generic {
      multiplyDecodedPanels(x, bytes.baseAddress!, weight.dtype, out, m: m, n: n, k: k, on: processor)
      return
    }
    parallelChunks(n, of: 64) { start, count in
      withScratch(count * k) { rows in
        convertToFloat32(bytes.baseAddress! + start * rowBytes, weight.dtype, count: count * k, into: rows)
        if m == 1 {
          for i in 0..<count { out[start + i] = voken_dot(x, rows + i * k, k) }
        } else {
          BLAS.gemm(
            m: m, n: count, k: k, a: x, lda: k, b: rows, ldb: k, transposeB: true, c: out + start, ldc: n)
        }
      }
    }
  }
}

/// A panel of outputs at a time, decoded and packed.
private func multiplyDecodedPanels(
  _ x: UnsafePointer<Float>, _ weight: UnsafeRawPointer, _ dtype: DType, _ out: UnsafeMutablePointer<Float>,
  m: Int, n: Int, k: Int, on processor: Processor
) {
  // How wide panels are changes no sum: the width that leaves no thread idle at the end.
  func slowest(_ width: Int) -> Int {
    let threads = ThreadPool.threadCount
    return ((n + width - 1) / width + threads - 1) / threads * width
  }
  let width = [PackedMatrix.panelWidth, 48, 32].min { slowest($0) < slowest($1) }!
  parallelChunks(n, of: width) { start, count in
    withScratch(count * k) { rows in
      convertToFloat32(
        weight + start * k / dtype.blockSize * dtype.blockBytes, dtype, count: count * k, into: rows)
      multiplyPacking(
        m: m, n: count, k: k, a: x, lda: k, b: rows, columnStride: k, stride: 1, c: out + start, ldc: n,
        on: processor)
    }
  }
}

/// Uninitialized floats for the time of `body`.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  let storage = Storage(byteCount: count * 4)
  withExtendedLifetime(storage) { body(storage.base.assumingMemoryBound(to: Float.self)) }
}
