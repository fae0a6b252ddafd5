import CKernels

/// A convolution's packed weight and geometry. Patches are never gathered: the product is told where each tap of each
/// output pixel lies. Only where a tap has too few inputs to be worth a turn are they copied, a block at a time.
public struct PackedConvolution: Sendable {
  public let geometry: ConvolutionGeometry
  private let weight: PackedMatrix
  private let channels: Int

  /// Taps with fewer inputs than this are joined.
  private static let shortTap = 16

  /// - Parameter weight: (out, in, kh, kw), in any type.
  /// - Returns: nil if a value is NaN or infinite.
  public init?(_ weight: Tensor, _ geometry: ConvolutionGeometry, precision: Precision = .f32) {
    channels = weight.shape[1]
    self.geometry = geometry
    let joined = channels < Self.shortTap && weight.count > 0
    let (outputs, taps) = (weight.shape[0], geometry.kernelHeight * geometry.kernelWidth)
    let flat = joined ? weight.float32().swapping(1..<2, 2..<4).reshaped([outputs, taps * channels]) : weight
    guard let packed = PackedMatrix(flat, precision: joined ? .f32 : precision) else { return nil }
    self.weight = packed
  }

  /// The type of pictures that costs nothing to convert.
  public var dtype: DType { weight.dtype }

  /// x (N, H, W, in) → (N, H', W', out).
  public func callAsFunction(_ x: Tensor, bias: Tensor?, _ epilogue: Epilogue = Epilogue()) -> Tensor {
    let size = geometry.outputSize(height: x.shape[1], width: x.shape[2])
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let operations =
      2 * Double(x.shape[0] * size.height * size.width) * Double(weight.outputs * channels * taps)
    return OperationTimes.timed(taps == 9 ? .convolution3x3 : .convolution, operations: operations) {
      self(x, bias: bias, epilogue, on: .current)
    }
  }

  func callAsFunction(_ x: Tensor, bias: Tensor?, _ epilogue: Epilogue, on processor: Processor) -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    precondition(c == channels, "\(x.shape) on \(channels) channels")
    let size = geometry.outputSize(height: h, width: w)
    precondition(size.height > 0 && size.width > 0, "the kernel does not fit into \(x.shape)")
    let x = x.converted(to: weight.dtype)
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let pixelBytes = c * weight.dtype.blockBytes
    let window = voken_window(
      height: h, width: w, pixel_bytes: pixelBytes, out_height: size.height, out_width: size.width,
      kernel_height: geometry.kernelHeight, kernel_width: geometry.kernelWidth, stride: geometry.stride,
      top: geometry.padding.top, left: geometry.padding.left)
    let product = PackedProduct(weight: weight, bias: bias, epilogue: epilogue, processor: processor)
    let zeros = Tensor.zeros([c])
    return product(shape: [n, size.height, size.width], pieces: taps) { multiply in
      x.withBytes { pixels in
        zeros.withBytes { zeros in
          withUnsafePointer(to: window) { window in
            multiply { rows, table in
              voken_window_rows(
                window, pixels.baseAddress, zeros.baseAddress, rows.lowerBound, rows.count, table)
            }
          }
        }
      }
    }
  }
}
