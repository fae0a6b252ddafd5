import CKernels

/// A 3×3 convolution by Winograd's F(4×4, 3×3) (Lavin & Gray 2016): tiles of 4 × 4 pixels are transformed, multiplied by the
/// transformed kernels, one product for each of the transform's 36 elements, and transformed back. How the work is cut
/// changes no sum.
struct WinogradProduct {
  let kernels: PackedKernels
  let bias: Tensor?
  let epilogue: Epilogue
  let processor: Processor

  /// Pixels along a tile's side, and elements of a transformed tile.
  static let (tile, elements) = (4, 36)
  /// Elements of which the kernels are made together.
  private static let third = 12
  /// Tiles whose sums, of a third of the elements, stay in the second cache beside the kernels.
  private static let blockTiles = 128
  /// Bytes of transformed tiles that wait in the third cache for their products, where more than a block do.
  private static let waitingBytes = 4 << 20

  func callAsFunction(
    _ x: Tensor, _ geometry: ConvolutionGeometry, _ size: (height: Int, width: Int), doubled: Bool
  ) -> Tensor {
    let scale = doubled ? 2 : 1
    let (rows, columns) = (
      (size.height + Self.tile - 1) / Self.tile, (size.width + Self.tile - 1) / Self.tile
    )
    let form = voken_winograd(
      height: x.shape[1] * scale, width: x.shape[2] * scale, channels: kernels.depth,
      out_height: size.height, out_width: size.width, tile_rows: rows, tile_columns: columns,
      top: geometry.padding.top, left: geometry.padding.left, half: kernels.dtype == .bfloat16,
      doubled: doubled)
    let result = Tensor(
      uninitialized: [x.shape[0], size.height, size.width, kernels.outputs], epilogue.output)
    precondition(epilogue.addend.map { $0.count == result.count } ?? true, "an addend of another size")
    let zeros = Tensor.zeros([kernels.depth])
    result.withNewBytes { out in
      x.withBytes { pixels in
        zeros.withBytes { zeros in
          withFinish { finish in
            withUnsafePointer(to: form) { form in
              run(
                form, tiles: x.shape[0] * rows * columns, pixels.baseAddress!, zeros: zeros.baseAddress!,
                finish, out)
            }
          }
        }
      }
    }
    return result
  }

  /// Some tiles at a time: first all of them are transformed, then each panel of outputs meets each block of them.
  private func run(
    _ form: UnsafePointer<voken_winograd>, tiles: Int, _ pixels: UnsafeRawPointer, zeros: UnsafeRawPointer,
    _ finish: UnsafePointer<voken_finish>, _ out: UnsafeMutableRawPointer
  ) {
    let tileBytes = Self.elements * kernels.depth * kernels.dtype.blockBytes
    let most = max(Self.blockTiles, Self.waitingBytes / tileBytes)
    let rounds = (tiles + most - 1) / most
    let atOnce = (tiles + rounds - 1) / rounds
    withScratch(atOnce * tileBytes / 4) { transformed in
      for start in stride(from: 0, to: tiles, by: atOnce) {
        let count = min(atOnce, tiles - start)
        parallelChunks(count, of: 4) { first, some in
          voken_winograd_input(
            processor.code, form, pixels, zeros, start + first, some, transformed, count, first)
        }
        let blocks = (count + Self.blockTiles - 1) / Self.blockTiles
        let block = (count + blocks - 1) / blocks
        parallel(blocks * kernels.panels) { job in
          let (first, panel) = (job / kernels.panels * block, job % kernels.panels)
          let some = min(block, count - first)
          withScratch(Self.elements * some * PackedMatrix.panelWidth) { sums in
            multiply(transformed, of: count, first..<first + some, panel: panel, into: sums)
            voken_winograd_output(
              processor.code, form, sums, some, start + first, some, finish,
              panel * PackedMatrix.panelWidth, kernels.columns(of: panel), kernels.outputs, out)
          }
        }
      }
    }
  }

  /// The products of a block of tiles with a panel's kernels, 64 sums for each element and tile.
  /// - Parameter count: all tiles that are transformed.
  private func multiply(
    _ tiles: UnsafeRawPointer, of count: Int, _ block: Range<Int>, panel: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    let width = PackedMatrix.panelWidth
    let elementBytes = kernels.dtype.blockBytes
    let rowBytes = kernels.depth * elementBytes
    let group = 4 / elementBytes
    // Inputs whose kernels, of a third of the elements, take less than half of the second cache.
    let parts = (rowBytes + 383) / 384
    let part = (kernels.depth / 2 + parts - 1) / parts * 2
    withScratch(Self.third * part * width / group) { transformed in
      withTable(block.count) { table in
        for third in 0..<Self.elements / Self.third {
          for first in stride(from: 0, to: kernels.depth, by: part) {
            let inputs = first..<min(first + part, kernels.depth)
            kernels.transform(
              panel: panel, inputs: inputs, third: third, on: processor, into: transformed)
            for index in 0..<Self.third {
              let element = third * Self.third + index
              let row = tiles + (element * count + block.lowerBound) * rowBytes + first * elementBytes
              for tile in 0..<block.count { table[tile] = row + tile * rowBytes }
              multiply(
                table, rows: block.count, inputs: inputs.count, stride: kernels.depth,
                by: transformed + index * inputs.count / group * width, columns: kernels.columns(of: panel),
                into: sums + element * block.count * width, adding: first > 0)
            }
          }
        }
      }
    }
  }

  private func multiply(
    _ rows: UnsafeMutablePointer<UnsafeRawPointer?>, rows count: Int, inputs: Int, stride: Int,
    by panel: UnsafePointer<Float>, columns: Int, into sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    let width = PackedMatrix.panelWidth
    if processor == .generic && kernels.dtype == .float32 {
      BLAS.gemm(
        m: count, n: columns, k: inputs, a: rows[0]!.assumingMemoryBound(to: Float.self), lda: stride,
        b: panel, ldb: width, transposeB: false, beta: adding ? 1 : 0, c: sums, ldc: width)
    } else if adding {
      voken_add_product(
        processor.code, kernels.format, rows, count, inputs * kernels.dtype.blockBytes / 4, panel, columns,
        sums,
        width)
    } else {
      voken_multiply_panel(
        processor.code, kernels.format, rows, count, 1, inputs * kernels.dtype.blockBytes / 4, panel, columns,
        sums, width)
    }
  }

  private func withFinish(_ body: (UnsafePointer<voken_finish>) -> Void) {
    withOptionalFloats(bias) { bias in
      withOptionalBytes(epilogue.addend) { addend in
        withOptionalFloats(epilogue.perImage) { image in
          let finish = voken_finish(
            row_scales: nil, column_scales: nil, column_offsets: nil, bias: bias, image: image,
            addend: addend, addend_stride: kernels.outputs,
            addend_half: epilogue.addend?.dtype == .bfloat16, scale: epilogue.scale,
            gated: false, half: epilogue.output == .bfloat16)
          withUnsafePointer(to: finish, body)
        }
      }
    }
  }
}
