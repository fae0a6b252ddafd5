import CKernels

/// What becomes of a product's sums on their way to memory: (sum + bias + perImage + addend)·scale.
public struct Epilogue: Sendable {
  /// Added to every row of picture n (N, …): row n of (N, out).
  public var perImage: Tensor?
  /// Of the result's shape, fp32 or bf16.
  public var addend: Tensor?
  public var scale: Float
  /// fp32 or bf16.
  public var output: DType

  public init(
    perImage: Tensor? = nil, adding addend: Tensor? = nil, scale: Float = 1, as output: DType = .float32
  ) {
    self.perImage = perImage
    self.addend = addend
    self.scale = scale
    self.output = output
  }

  /// The same after a product that has none.
  public func callAsFunction(_ sums: Tensor) -> Tensor {
    var x = sums
    if let perImage { x = x.addingPerImage(perImage) }
    if let addend { x = x + addend.float32().reshaped(x.shape) }
    if scale != 1 { x = scale * x }
    return x.converted(to: output)
  }
}

/// x (…, in) · weightᵀ + bias → (…, out). x may have any floating-point type; the weight's costs nothing.
public func linear(
  _ x: Tensor, _ weight: PackedMatrix, bias: Tensor? = nil, _ epilogue: Epilogue = Epilogue()
) -> Tensor {
  OperationTimes.timed(.linear, operations: 2 * Double(x.count) * Double(weight.outputs)) {
    linear(x, weight, bias: bias, epilogue, on: .current)
  }
}

func linear(
  _ x: Tensor, _ weight: PackedMatrix, bias: Tensor?, _ epilogue: Epilogue, on processor: Processor
) -> Tensor {
  precondition(x.dim(-1) == weight.depth && weight.taps == 1, "\(x.shape) on \(weight.depth) inputs")
  if weight.dtype == .int8 {
    let (bytes, scales) = quantized(x, on: processor)
    let product = PackedProduct(
      weight: weight, bias: bias, epilogue: epilogue, processor: processor, rowScales: scales)
    return product(shape: x.shape.dropLast()) { multiply in
      withExtendedLifetime(bytes) {
        multiply { rows, table in
          for (i, row) in rows.enumerated() { table[i] = UnsafeRawPointer(bytes.base + row * weight.depth) }
        }
      }
    }
  }
  let x = x.converted(to: weight.dtype)
  let rowBytes = weight.depth * weight.dtype.blockBytes
  return PackedProduct(weight: weight, bias: bias, epilogue: epilogue, processor: processor)(
    shape: x.shape.dropLast()
  ) { multiply in
    x.withBytes { bytes in
      multiply { rows, table in
        for (i, row) in rows.enumerated() { table[i] = bytes.baseAddress! + row * rowBytes }
      }
    }
  }
}

/// Rows of the last dimension as bytes around 128, and their scales.
private func quantized(_ x: Tensor, on processor: Processor) -> (bytes: Storage, scales: Tensor) {
  let x = x.dtype == .bfloat16 ? x : x.float32()
  let columns = x.dim(-1)
  let rows = columns == 0 ? 0 : x.count / columns
  let bytes = Storage(byteCount: x.count)
  let target = bytes.base.assumingMemoryBound(to: UInt8.self)
  let atOnce = max(1, (1 << 14) / max(columns, 1))
  let scales = Tensor(shape: [rows]) { scales in
    x.withBytes { elements in
      parallelChunks(rows, of: atOnce) { start, count in
        voken_quantize_rows(
          processor.code, elements.baseAddress! + start * columns * x.dtype.blockBytes, x.dtype == .bfloat16,
          count, columns, target + start * columns, scales + start)
      }
    }
  }
  return (bytes, scales)
}

/// The loop over blocks of rows and panels of columns. How the work is cut changes no sum: each adds up its terms in the
/// same order, whatever block it is in.
struct PackedProduct {
  /// Fills a table of pointers with where the inputs of the rows lie: tap t of row i at [t·rows.count + i].
  typealias Locate = (_ rows: Range<Int>, _ table: UnsafeMutablePointer<UnsafeRawPointer?>) -> Void

  let weight: PackedMatrix
  let bias: Tensor?
  let epilogue: Epilogue
  let processor: Processor
  /// Of the left side, where it is bytes.
  var rowScales: Tensor?

  /// Rows of a block: a multiple of the kernel's 6 whose inputs and sums stay in the second cache.
  private static let blockRows = 192

  /// - Parameters:
  ///   - shape: of the result, without its columns.
  ///   - pieces: in how many a row's inputs lie; copied together if the weight expects them in one.
  ///   - body: called once; calls what it is given once, with what finds the rows.
  func callAsFunction(shape: [Int], pieces: Int = 1, _ body: ((Locate) -> Void) -> Void) -> Tensor {
    let width = weight.resultWidth
    let result = Tensor(uninitialized: shape + [width], epilogue.output)
    let m = shape.reduce(1, *)
    precondition(epilogue.addend.map { $0.count == m * width } ?? true, "an addend of another size")
    precondition(bias.map { $0.count == weight.outputs } ?? true, "a bias of another size")
    guard m > 0, width > 0 else { return result }
    result.withNewBytes { out in
      withOptionalFloats(bias) { bias in
        withOptionalBytes(epilogue.addend) { addend in
          withOptionalFloats(epilogue.perImage) { perImage in
            withOptionalFloats(rowScales) { rowScales in
              body { locate in
                run(
                  rows: m, images: shape[0], pieces: pieces, out, rowScales: rowScales, bias: bias,
                  addend: addend,
                  perImage: perImage, locate)
              }
            }
          }
        }
      }
    }
    return result
  }

  private func run(
    rows m: Int, images: Int, pieces: Int, _ out: UnsafeMutableRawPointer, rowScales: UnsafePointer<Float>?,
    bias: UnsafePointer<Float>?,
    addend: UnsafeRawPointer?, perImage: UnsafePointer<Float>?, _ locate: Locate
  ) {
    // Blocks end where pictures do, so that one has one row to add.
    let perPicture = perImage == nil ? m : m / images
    let parts = (perPicture + Self.blockRows - 1) / Self.blockRows
    let blockRows = ((perPicture + parts - 1) / parts + 5) / 6 * 6
    let blocksPerPicture = (perPicture + blockRows - 1) / blockRows
    let blocks = blocksPerPicture * (m / perPicture)
    // Enough pieces to share, as few tables of rows as possible.
    let panelGroups = min(weight.panels, max(1, (16 + blocks - 1) / blocks))
    let groupPanels = (weight.panels + panelGroups - 1) / panelGroups
    let groups = (weight.panels + groupPanels - 1) / groupPanels
    // Small weights stay in the cache while blocks pass; of large ones each panel meets all blocks before the next.
    let panelsFirst = weight.byteCount < 8 << 20
    parallel(blocks * groups) { job in
      let block = panelsFirst ? job / groups : job % blocks
      let group = panelsFirst ? job % groups : job / blocks
      let (image, part) = (block / blocksPerPicture, block % blocksPerPicture)
      let start = image * perPicture + part * blockRows
      let count = min(blockRows, perPicture - part * blockRows)
      withRows(start..<start + count, pieces: pieces, locate) { table in
        withScratch(count * PackedMatrix.panelWidth) { sums in
          for panel in group * groupPanels..<min((group + 1) * groupPanels, weight.panels) {
            multiply(table, rows: count, panel: panel, into: sums)
            finish(
              sums, rows: start..<start + count, panel: panel, out, rowScales: rowScales,
              bias: bias, addend: addend, image: perImage.map { $0 + image * weight.resultWidth })
          }
        }
      }
    }
  }

  /// The table of a block's rows, with what lies in more pieces than the weight's copied together.
  private func withRows(
    _ rows: Range<Int>, pieces: Int, _ locate: Locate,
    _ body: (UnsafeMutablePointer<UnsafeRawPointer?>) -> Void
  ) {
    withTable(pieces * rows.count) { table in
      locate(rows, table)
      if pieces == weight.taps { return body(table) }
      let rowBytes = weight.depth * weight.dtype.blockBytes
      let pieceBytes = rowBytes / pieces
      withScratch(rows.count * rowBytes / 4) { scratch in
        let patches = UnsafeMutableRawPointer(scratch)
        for row in 0..<rows.count {
          for piece in 0..<pieces {
            (patches + row * rowBytes + piece * pieceBytes).copyMemory(
              from: table[piece * rows.count + row]!, byteCount: pieceBytes)
          }
        }
        for row in 0..<rows.count { table[row] = UnsafeRawPointer(patches + row * rowBytes) }
        body(table)
      }
    }
  }

  private func multiply(
    _ table: UnsafeMutablePointer<UnsafeRawPointer?>, rows: Int, panel: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    let columns = weight.columns(of: panel)
    weight.withPanel(panel) { elements in
      if processor == .generic && weight.dtype == .float32 {
        let depth = weight.taps * weight.depth
        withScratch(rows * depth) { gathered in
          for row in 0..<rows {
            for tap in 0..<weight.taps {
              (gathered + row * depth + tap * weight.depth).update(
                from: table[tap * rows + row]!.assumingMemoryBound(to: Float.self), count: weight.depth)
            }
          }
          BLAS.gemm(
            m: rows, n: columns, k: depth, a: gathered, lda: depth,
            b: elements.assumingMemoryBound(to: Float.self), ldb: PackedMatrix.panelWidth, transposeB: false,
            c: sums, ldc: PackedMatrix.panelWidth)
        }
      } else {
        voken_multiply_panel(
          processor.code, weight.format, table, rows, weight.taps, weight.depth / weight.group, elements,
          columns, sums, PackedMatrix.panelWidth)
      }
    }
  }

  private func finish(
    _ sums: UnsafePointer<Float>, rows: Range<Int>, panel: Int, _ out: UnsafeMutableRawPointer,
    rowScales: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, addend: UnsafeRawPointer?,
    image: UnsafePointer<Float>?
  ) {
    let first = panel * PackedMatrix.panelWidth
    let columns = weight.columns(of: panel)
    let width = weight.resultWidth
    let column = weight.isGated ? first / 2 : first
    let offset = rows.lowerBound * width + column
    let addendType = epilogue.addend?.dtype ?? .float32
    func finish(bias: UnsafePointer<Float>?) {
      var how = voken_finish(
        row_scales: rowScales.map { $0 + rows.lowerBound },
        column_scales: weight.scales.map { UnsafePointer($0.scales + first) },
        column_offsets: weight.scales.map { UnsafePointer($0.offsets + first) }, bias: bias,
        image: image.map { $0 + column }, addend: addend.map { $0 + offset * addendType.blockBytes },
        addend_stride: width,
        addend_half: addendType == .bfloat16,
        scale: epilogue.scale, gated: weight.isGated, half: epilogue.output == .bfloat16)
      voken_finish_rows(
        processor.code, &how, sums, PackedMatrix.panelWidth, rows.count, columns,
        out + offset * epilogue.output.blockBytes, width)
    }
    if weight.isGated, let bias {
      withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { both in
        for j in 0..<columns / 2 {
          both[j] = bias[column + j]
          both[columns / 2 + j] = bias[width + column + j]
        }
        finish(bias: both.baseAddress)
      }
    } else {
      finish(bias: bias.map { $0 + first })
    }
  }
}

/// The elements of a tensor, fp32 or bf16, that may be absent.
func withOptionalBytes(_ tensor: Tensor?, _ body: (UnsafeRawPointer?) -> Void) {
  guard let tensor else { return body(nil) }
  precondition(tensor.dtype == .float32 || tensor.dtype == .bfloat16, "cannot add \(tensor.dtype)")
  tensor.withBytes { body($0.baseAddress) }
}

/// The elements of a tensor that may be absent.
func withOptionalFloats(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Void) {
  if let tensor { tensor.withFloats { body($0) } } else { body(nil) }
}

/// An uninitialized table of pointers for the time of `body`.
func withTable(_ count: Int, _ body: (UnsafeMutablePointer<UnsafeRawPointer?>) -> Void) {
  let table = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: max(count, 1))
  defer { table.deallocate() }
  body(table)
}
