import CKernels

/// The 3×3 kernels of a convolution for Winograd's algorithm: panels of 64 outputs, in each of which the nine taps of an
/// input follow each other. They become four times as much when they are transformed, which is done in the cache as they
/// are multiplied: to read them from memory instead would take longer.
struct PackedKernels: Sendable {
  let outputs: Int
  let depth: Int
  /// What to multiply in: fp32 or bf16.
  let dtype: DType
  private let isHalf: Bool
  private let storage: Storage

  /// - Parameter weight: (out, in, 3, 3), in any type; even inputs. What a file keeps in fp16 stays so, exactly; other types
  ///   become fp16 where products are rounded to bf16 anyway.
  /// - Returns: nil if a value is NaN or infinite.
  init?(_ weight: Tensor, as dtype: DType) {
    (outputs, depth, self.dtype) = (weight.shape[0], weight.shape[1], dtype)
    let mayBeHalf = weight.dtype == .float16 || dtype == .bfloat16
    if mayBeHalf, let storage = Self.packed(weight, as: dtype, isHalf: true) {
      (isHalf, self.storage) = (true, storage)
    } else if let storage = Self.packed(weight, as: dtype, isHalf: false) {
      (isHalf, self.storage) = (false, storage)
    } else {
      return nil
    }
  }

  private static func packed(_ weight: Tensor, as dtype: DType, isHalf: Bool) -> Storage? {
    let rowCount = weight.shape[1] * 9
    return packedPanels(of: weight, panelBytes: rowCount * PackedMatrix.panelWidth * (isHalf ? 2 : 4)) {
      _, rows, columns, target in
      voken_pack_kernels(format(dtype), isHalf, rows, columns, rowCount / 9, target)
    }
  }

  var panels: Int { (outputs + PackedMatrix.panelWidth - 1) / PackedMatrix.panelWidth }
  var format: voken_format { Self.format(dtype) }
  private static func format(_ dtype: DType) -> voken_format { dtype == .float32 ? VOKEN_F32 : VOKEN_BF16 }

  /// Output columns that a panel holds.
  func columns(of panel: Int) -> Int {
    min(PackedMatrix.panelWidth, outputs - panel * PackedMatrix.panelWidth)
  }

  /// A third of the transform's elements, 12 panels of some of the inputs, an even number.
  func transform(
    panel: Int, inputs: Range<Int>, third: Int, on processor: Processor,
    into target: UnsafeMutableRawPointer
  ) {
    let inputBytes = 9 * PackedMatrix.panelWidth * (isHalf ? 2 : 4)
    withExtendedLifetime(storage) {
      voken_winograd_kernels(
        processor.code, format, isHalf, storage.base + (panel * depth + inputs.lowerBound) * inputBytes,
        inputs.count * dtype.blockBytes / 4, third, target)
    }
  }
}
