import CKernels

/// A convolution's packed weight, geometry and algorithm. Patches are never gathered: the product is told where each tap
/// of each output pixel lies. Only where a tap has too few inputs to be worth a turn are they copied, a block at a time.
public struct PackedConvolution: Sendable {
  private enum Weight {
    case direct(PackedMatrix)
    case winograd(PackedKernels)
  }

  public let geometry: ConvolutionGeometry
  private let weight: Weight
  private let channels: Int
  private let outputs: Int
  /// The type of pictures that costs nothing to convert.
  public let dtype: DType

  /// Taps with fewer inputs than this are joined.
  private static let shortTap = 16

  /// - Parameters:
  ///   - weight: (out, in, kh, kw), in any type.
  ///   - pixels: of the output, about, over all pictures: what the algorithm is chosen for.
  /// - Returns: nil if a value is NaN or infinite.
  public init?(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, precision: Precision = .f32, pixels: Int = 0
  ) {
    self.init(
      weight, geometry, precision: precision,
      plan: ConvolutionPlan(
        inputs: weight.shape[1], outputs: weight.shape[0], geometry, precision, pixels: pixels))
  }

  init?(_ weight: Tensor, _ geometry: ConvolutionGeometry, precision: Precision, plan: ConvolutionPlan) {
    channels = weight.shape[1]
    outputs = weight.shape[0]
    self.geometry = geometry
    if plan == .winograd {
      guard let kernels = PackedKernels(weight, as: precision == .f32 ? .float32 : .bfloat16) else {
        return nil
      }
      (self.weight, dtype) = (.winograd(kernels), kernels.dtype)
      return
    }
    let joined = channels < Self.shortTap && weight.count > 0
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let flat = joined ? weight.float32().swapping(1..<2, 2..<4).reshaped([outputs, taps * channels]) : weight
    let packed = PackedMatrix(flat, precision: joined ? .f32 : precision == .int8 ? .bf16 : precision)
    guard let packed else { return nil }
    (self.weight, dtype) = (.direct(packed), packed.dtype)
  }

  /// Whether a 3×3 convolution of a picture seen at twice its size takes fewer multiplications than four of the small one.
  public static func isFastOnDoubled(
    inputs: Int, outputs: Int, _ precision: Precision, pixels: Int
  ) -> Bool {
    let geometry = ConvolutionGeometry(kernel: (3, 3), padding: 1)
    return ConvolutionPlan(inputs: inputs, outputs: outputs, geometry, precision, pixels: pixels)
      == .winograd
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
    let x = x.converted(to: dtype)
    switch weight {
    case .winograd(let kernels):
      return WinogradProduct(kernels: kernels, bias: bias, epilogue: epilogue, processor: processor)(
        x, geometry, size, doubled: doubled)
    case .direct(let weight):
      let product = PackedProduct(weight: weight, bias: bias, epilogue: epilogue, processor: processor)
      return direct(product, x, size, doubled: doubled)
    }
  }

  private func direct(
    _ product: PackedProduct, _ x: Tensor, _ size: (height: Int, width: Int), doubled: Bool
  ) -> Tensor {
    let window = voken_window(
      height: x.shape[1], width: x.shape[2], pixel_bytes: channels * dtype.blockBytes,
      doubled: doubled,
      out_height: size.height, out_width: size.width, kernel_height: geometry.kernelHeight,
      kernel_width: geometry.kernelWidth, stride: geometry.stride, top: geometry.padding.top,
      left: geometry.padding.left)
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
