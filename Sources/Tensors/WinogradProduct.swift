import CKernels

/// A 3×3 convolution by Winograd's algorithm (Lavin & Gray 2016): tiles of pixels are transformed, multiplied by the
/// transformed kernels, one product for each of the transform's elements, and transformed back, a block of tiles at a time
/// on each thread.
struct WinogradProduct {
  let tileSize: Int
  let weight: PackedMatrix
  let bias: Tensor?
  let epilogue: Epilogue
  let processor: Processor

  /// Tiles that go through together: few enough for what becomes of them to stay in the second cache; more where the
  /// weights are so many that each reading of them should serve more tiles. A multiple of the kernel's 6 rows, and an even
  /// number of blocks if there are few.
  private func blockTiles(of tiles: Int) -> Int {
    let wanted = weight.byteCount < 4 << 20 ? 12 : weight.byteCount < 16 << 20 ? 36 : 96
    var blocks = (tiles + wanted - 1) / wanted
    if blocks < 16 { blocks = (blocks + 3) / 4 * 4 }
    return max(6, ((tiles + blocks - 1) / blocks + 5) / 6 * 6)
  }

  func callAsFunction(
    _ x: Tensor, _ geometry: ConvolutionGeometry, _ size: (height: Int, width: Int), doubled: Bool
  ) -> Tensor {
    let scale = doubled ? 2 : 1
    let (rows, columns) = ((size.height + tileSize - 1) / tileSize, (size.width + tileSize - 1) / tileSize)
    let form = voken_winograd(
      m: tileSize, height: x.shape[1] * scale, width: x.shape[2] * scale, channels: weight.depth,
      out_height: size.height, out_width: size.width, tile_rows: rows, tile_columns: columns,
      top: geometry.padding.top, left: geometry.padding.left, half: weight.dtype == .bfloat16,
      doubled: doubled)
    let result = Tensor(
      uninitialized: [x.shape[0], size.height, size.width, weight.outputs], epilogue.output)
    precondition(epilogue.addend.map { $0.count == result.count } ?? true, "an addend of another size")
    let zeros = Tensor.zeros([weight.depth])
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

  private func run(
    _ form: UnsafePointer<voken_winograd>, tiles: Int, _ pixels: UnsafeRawPointer, zeros: UnsafeRawPointer,
    _ finish: UnsafePointer<voken_finish>, _ out: UnsafeMutableRawPointer
  ) {
    let (depth, outputs, elements) = (weight.depth, weight.outputs, weight.taps)
    let size = blockTiles(of: tiles)
    parallelChunks(tiles, of: size) { start, count in
      // Elements of 4 bytes, of which a bf16 tile needs half.
      withScratch(elements * size * depth * weight.dtype.blockBytes / 4) { inputs in
        withScratch(elements * size * outputs) { sums in
          voken_winograd_input(processor.code, form, pixels, zeros, start, count, inputs, count, 0)
          for element in 0..<elements { multiply(element, rows: count, inputs, sums) }
          voken_winograd_output(
            processor.code, form, sums, count, 0, start, count, finish, outputs, out)
        }
      }
    }
  }

  /// One element's product for a block of tiles.
  private func multiply(
    _ element: Int, rows: Int, _ inputs: UnsafeRawPointer, _ sums: UnsafeMutablePointer<Float>
  ) {
    let rowBytes = weight.depth * weight.dtype.blockBytes
    let first = inputs + element * rows * rowBytes
    let result = sums + element * rows * weight.outputs
    withTable(rows) { table in
      for row in 0..<rows { table[row] = first + row * rowBytes }
      for panel in 0..<weight.panels {
        let target = result + panel * PackedMatrix.panelWidth
        weight.withPanel(panel, tap: element) { elements in
          if processor == .generic && weight.dtype == .float32 {
            BLAS.gemm(
              m: rows, n: weight.columns(of: panel), k: weight.depth,
              a: first.assumingMemoryBound(to: Float.self), lda: weight.depth,
              b: elements.assumingMemoryBound(to: Float.self), ldb: PackedMatrix.panelWidth,
              transposeB: false, c: target, ldc: weight.outputs)
          } else {
            voken_multiply_panel(
              processor.code, weight.format, table, rows, 1, weight.depth / weight.group, elements,
              weight.columns(of: panel), target, weight.outputs)
          }
        }
      }
    }
  }

  private func withFinish(_ body: (UnsafePointer<voken_finish>) -> Void) {
    withOptionalFloats(bias) { bias in
      withOptionalBytes(epilogue.addend) { addend in
        withOptionalFloats(epilogue.perImage) { image in
          let finish = voken_finish(
            row_scales: nil, column_scales: nil, column_offsets: nil, bias: bias, image: image,
            addend: addend, addend_stride: weight.outputs,
            addend_half: epilogue.addend?.dtype == .bfloat16, scale: epilogue.scale,
            gated: false, half: epilogue.output == .bfloat16)
          withUnsafePointer(to: finish, body)
        }
      }
    }
  }
}
