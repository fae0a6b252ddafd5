import CKernels

/// Where a convolution looks: kernel size, stride, and zeros added on each side.
public struct ConvolutionGeometry: Sendable, Equatable {
  public var kernel: (height: Int, width: Int) { (kernelHeight, kernelWidth) }
  let kernelHeight: Int
  let kernelWidth: Int
  public let stride: Int
  public let padding: (top: Int, left: Int, bottom: Int, right: Int)

  public init(kernel: (height: Int, width: Int), stride: Int = 1, padding: Int = 0) {
    self.init(kernel: kernel, stride: stride, padding: (padding, padding, padding, padding))
  }

  public init(
    kernel: (height: Int, width: Int), stride: Int = 1,
    padding: (top: Int, left: Int, bottom: Int, right: Int)
  ) {
    precondition(kernel.height > 0 && kernel.width > 0 && stride > 0)
    (kernelHeight, kernelWidth) = kernel
    self.stride = stride
    self.padding = padding
  }

  /// 0 where the kernel does not fit.
  public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
    (
      max(0, height + padding.top + padding.bottom - kernelHeight + stride) / stride,
      max(0, width + padding.left + padding.right - kernelWidth + stride) / stride
    )
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.kernel == b.kernel && a.stride == b.stride && a.padding == b.padding
  }
}

/// x (N, H, W, C) with weight (O, kh, kw, C) and bias (O) → (N, H', W', O): patches are gathered a tile of output
/// pixels at a time and multiplied, so that no whole patch matrix is ever held.
public func conv2d(_ x: Tensor, _ weight: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry) -> Tensor {
  let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let outputs = weight.shape[0]
  precondition(
    weight.shape == [outputs, geometry.kernelHeight, geometry.kernelWidth, c], "\(weight.shape) on \(x.shape)"
  )
  let size = geometry.outputSize(height: h, width: w)
  precondition(size.height > 0 && size.width > 0, "the kernel does not fit into \(x.shape)")
  if geometry == ConvolutionGeometry(kernel: (1, 1)) {
    return linear(x, weight.reshaped([outputs, c]), bias: bias)
  }
  let k = geometry.kernelHeight * geometry.kernelWidth * c
  let pixels = n * size.height * size.width
  // Few pixels share one patch matrix and are cut by columns, so that weights are packed once; many are cut by rows.
  let sharesPatches = pixels <= 256
  let tile = sharesPatches ? max(pixels, 1) : pixels >= 1024 ? 256 : 128
  let columnTile = sharesPatches ? max(64, (outputs / 8 + 63) / 64 * 64) : outputs
  let columnTiles = (outputs + columnTile - 1) / columnTile
  let tiles = (pixels + tile - 1) / tile
  return Tensor(shape: [n, size.height, size.width, outputs]) { out in
    x.withFloats { x in
      func gather(_ rows: Range<Int>, into patches: UnsafeMutablePointer<Float>) {
        gatherPatches(
          x, height: h, width: w, channels: c, geometry, outputSize: size, pixels: rows, into: patches)
      }
      func multiply(_ patches: UnsafePointer<Float>, rows: Range<Int>, columns: Range<Int>) {
        let result = out + rows.lowerBound * outputs + columns.lowerBound
        weight.withFloats { weight in
          BLAS.gemm(
            m: rows.count, n: columns.count, k: k, a: patches, lda: k, b: weight + columns.lowerBound * k,
            ldb: k, transposeB: true, c: result, ldc: outputs)
        }
        bias?.withFloats { bias in
          for r in 0..<rows.count {
            let row = result + r * outputs
            voken_add_row(row, bias + columns.lowerBound, row, 1, columns.count)
          }
        }
      }
      if sharesPatches {
        withScratch(pixels * k) { patches in
          parallelChunks(pixels, of: 16) { start, count in
            gather(start..<start + count, into: patches + start * k)
          }
          parallel(columnTiles) { job in
            let start = job * columnTile
            multiply(patches, rows: 0..<pixels, columns: start..<min(start + columnTile, outputs))
          }
        }
      } else {
        parallel(tiles) { job in
          let rows = job * tile..<min((job + 1) * tile, pixels)
          withScratch(rows.count * k) { patches in
            gather(rows, into: patches)
            multiply(patches, rows: rows, columns: 0..<outputs)
          }
        }
      }
    }
  }
}

/// Writes the patch (kh, kw, C) under each output pixel of the range; pixels are counted over (N, H', W').
private func gatherPatches(
  _ x: UnsafePointer<Float>, height: Int, width: Int, channels: Int, _ geometry: ConvolutionGeometry,
  outputSize: (height: Int, width: Int), pixels: Range<Int>, into patches: UnsafeMutablePointer<Float>
) {
  let rowLength = geometry.kernelWidth * channels
  var patch = patches
  for pixel in pixels {
    let image = pixel / (outputSize.height * outputSize.width)
    let y = pixel / outputSize.width % outputSize.height * geometry.stride - geometry.padding.top
    let left = pixel % outputSize.width * geometry.stride - geometry.padding.left
    let firstInside = min(max(0, -left), geometry.kernelWidth)
    let endInside = min(max(firstInside, width - left), geometry.kernelWidth)
    for ky in 0..<geometry.kernelHeight {
      if y + ky < 0 || y + ky >= height {
        patch.update(repeating: 0, count: rowLength)
      } else {
        if firstInside > 0 { patch.update(repeating: 0, count: firstInside * channels) }
        (patch + firstInside * channels).update(
          from: x + (((image * height + y + ky) * width) + left + firstInside) * channels,
          count: (endInside - firstInside) * channels)
        if endInside < geometry.kernelWidth {
          (patch + endInside * channels).update(
            repeating: 0, count: (geometry.kernelWidth - endInside) * channels)
        }
      }
      patch += rowLength
    }
  }
}
