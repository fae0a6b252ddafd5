import CKernels

/// A convolution's packed weight, geometry and algorithm. Patches are never gathered: the product is told where each tap
/// of each output pixel lies. Only where a tap has too few inputs to be worth a turn are they copied, a block at a time.
public struct PackedConvolution: Sendable {
  public let geometry: ConvolutionGeometry
  let plan: ConvolutionPlan
  /// nil where it is packed anew for each use.
  private let packed: PackedMatrix?
  private let stored: Tensor
  private let precision: Precision
  private let channels: Int
  private let outputs: Int
  /// The type of pictures that costs nothing to convert.
  public let dtype: DType

  /// Taps with fewer inputs than this are joined.
  private static let shortTap = 16

  /// - Parameters:
  ///   - weight: (out, in, kh, kw), in any type.
  ///   - pixels: of the output, about, over all pictures: what the algorithm is chosen for.
  ///   - isRarelyUsed: keep the weight as it is stored and pack it for each use where the packed form is larger, which
  ///     takes little time beside a convolution of many pixels.
  /// - Returns: nil if a value is NaN or infinite.
  public init?(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, precision: Precision = .f32, pixels: Int = 0,
    isRarelyUsed: Bool = false
  ) {
    self.init(
      weight, geometry, precision: precision,
      plan: ConvolutionPlan(
        inputs: weight.shape[1], outputs: weight.shape[0], geometry, precision, pixels: pixels),
      isRarelyUsed: isRarelyUsed)
  }

  init?(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, precision: Precision, plan: ConvolutionPlan,
    isRarelyUsed: Bool = false
  ) {
    channels = weight.shape[1]
    outputs = weight.shape[0]
    self.geometry = geometry
    self.plan = plan
    let joined = channels < Self.shortTap && weight.count > 0
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let flat = joined ? weight.float32().swapping(1..<2, 2..<4).reshaped([outputs, taps * channels]) : weight
    self.precision = joined ? .f32 : precision == .int8 ? .bf16 : precision
    if isRarelyUsed, plan != .direct {
      guard weight.isFinite else { return nil }
      weight.releasePages()
      (packed, stored) = (nil, weight)
      dtype = self.precision == .f32 ? .float32 : .bfloat16
      return
    }
    guard let packed = PackedMatrix(flat, precision: self.precision, winograd: plan.tileSize) else {
      return nil
    }
    (self.packed, stored) = (packed, Tensor.zeros([0]))
    dtype = packed.dtype
  }

  private var weight: PackedMatrix {
    if let packed { return packed }
    guard let packed = PackedMatrix(stored, precision: precision, winograd: plan.tileSize) else {
      preconditionFailure("a weight that was finite when it was loaded")
    }
    return packed
  }

  /// Whether a 3×3 convolution of a picture seen at twice its size takes fewer multiplications than four of the small one.
  public static func isFastOnDoubled(
    inputs: Int, outputs: Int, _ precision: Precision, pixels: Int
  ) -> Bool {
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    return ConvolutionPlan(inputs: inputs, outputs: outputs, geometry, precision, pixels: pixels)
      == .winograd(4)
  }

  /// x (N, H, W, in) → (N, H', W', out).
  /// - Parameter doubled: see the picture at twice its height and width, each pixel four times.
  public func callAsFunction(
    _ x: Tensor, bias: Tensor?, doubled: Bool = false, _ epilogue: Epilogue = Epilogue()
  ) -> Tensor {
    let size = outputSize(x, doubled)
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let operations =
      2 * Double(x.shape[0] * size.height * size.width) * Double(outputs * channels * taps)
    return OperationTimes.timed(taps == 9 ? .convolution3x3 : .convolution, operations: operations) {
      self(x, bias: bias, doubled: doubled, epilogue, on: .current)
    }
  }

  private func outputSize(_ x: Tensor, _ doubled: Bool) -> (height: Int, width: Int) {
    let scale = doubled ? 2 : 1
    return geometry.outputSize(height: x.shape[1] * scale, width: x.shape[2] * scale)
  }

  func callAsFunction(
    _ x: Tensor, bias: Tensor?, doubled: Bool = false, _ epilogue: Epilogue, on processor: Processor
  ) -> Tensor {
    precondition(x.shape.count == 4 && x.shape[3] == channels, "\(x.shape) on \(channels) channels")
    let size = outputSize(x, doubled)
    precondition(size.height > 0 && size.width > 0, "the kernel does not fit into \(x.shape)")
    let weight = weight
    let x = x.converted(to: dtype)
    if let tileSize = plan.tileSize {
      return WinogradProduct(
        tileSize: tileSize, weight: weight, bias: bias, epilogue: epilogue, processor: processor
      )(x, geometry, size, doubled: doubled)
    }
    let window = voken_window(
      height: x.shape[1], width: x.shape[2], pixel_bytes: channels * weight.dtype.blockBytes,
      doubled: doubled,
      out_height: size.height, out_width: size.width, kernel_height: geometry.kernelHeight,
      kernel_width: geometry.kernelWidth, stride: geometry.stride, top: geometry.padding.top,
      left: geometry.padding.left)
    let product = PackedProduct(weight: weight, bias: bias, epilogue: epilogue, processor: processor)
    let zeros = Tensor.zeros([channels])
    let taps = geometry.kernelHeight * geometry.kernelWidth
    return product(shape: [x.shape[0], size.height, size.width], pieces: taps) { multiply in
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
