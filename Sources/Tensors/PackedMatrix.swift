import CKernels

/// A layer's weight in the order in which products read it, and in no other: panels of 64 outputs, in each of which the
/// inputs of a tap follow each other. Made once, when a model is loaded.
public struct PackedMatrix: Sendable {
  static let panelWidth = 64

  public let outputs: Int
  /// Inputs of one tap of a convolution's kernel.
  public let depth: Int
  /// Positions of the kernel; 1 for a linear layer.
  public let taps: Int
  /// How the elements are stored.
  public let dtype: DType
  /// Whether the second half of the outputs gates the first: both halves then share each panel.
  public let isGated: Bool
  /// Of each output, where the elements are bytes.
  let scales: ByteScales?
  private let storage: Storage

  /// - Parameters:
  ///   - weight: (out, in) or (out, in, kh, kw), in any type.
  ///   - gated: for GEGLU, whose outputs are half as many; their count must be a multiple of 64.
  /// - Returns: nil if a value is NaN or infinite.
  public init?(_ weight: Tensor, precision: Precision = .f32, gated: Bool = false) {
    outputs = weight.shape[0]
    depth = weight.shape[1]
    taps = weight.shape.dropFirst(2).reduce(1, *)
    // Pairs of inputs are multiplied at once.
    let isHalf = precision != .f32 && depth % 2 == 0
    let isBytes = precision == .int8 && taps == 1 && depth % 4 == 0 && depth >= 64 && outputs >= 64
    dtype = isBytes ? .int8 : isHalf ? .bfloat16 : .float32
    isGated = gated && outputs % Self.panelWidth == 0
    let (depth, taps, rowCount, format) = (depth, taps, taps * depth, Self.format(dtype))
    let panels = (outputs + Self.panelWidth - 1) / Self.panelWidth
    let scales = isBytes ? ByteScales(panels * Self.panelWidth) : nil
    let storage = packedPanels(
      of: weight, panelBytes: rowCount * Self.panelWidth * dtype.blockBytes, gated: isGated
    ) { panel, rows, columns, target in
      guard let scales else {
        return voken_pack_panel(format, rows, columns, taps, depth, rowCount, 1, taps, target)
      }
      return voken_pack_bytes(
        rows, columns, depth, target.assumingMemoryBound(to: Int8.self),
        scales.scales + panel * Self.panelWidth, scales.offsets + panel * Self.panelWidth)
    }
    guard let storage else { return nil }
    self.storage = storage
    self.scales = scales
  }

  /// The type of the other factor that costs nothing to convert; before bytes, what they are made from.
  public var inputType: DType { dtype == .int8 ? .bfloat16 : dtype }

  public var byteCount: Int { storage.byteCount }

  var panels: Int { (outputs + Self.panelWidth - 1) / Self.panelWidth }
  var format: voken_format { Self.format(dtype) }
  /// Elements that are multiplied at once.
  var group: Int { 4 / dtype.blockBytes }
  /// The width of the result.
  public var resultWidth: Int { isGated ? outputs / 2 : outputs }

  /// Calls `body` with the elements of a panel, from a tap on.
  func withPanel(_ index: Int, tap: Int = 0, _ body: (UnsafeRawPointer) -> Void) {
    let tapBytes = depth * Self.panelWidth * dtype.blockBytes
    withExtendedLifetime(storage) { body(storage.base + (index * taps + tap) * tapBytes) }
  }

  /// Output columns that a panel holds.
  func columns(of panel: Int) -> Int { min(Self.panelWidth, outputs - panel * Self.panelWidth) }

  /// (out, taps·in) in fp32, as products see it.
  public func unpacked() -> Tensor {
    let (width, columns) = (Self.panelWidth, taps * depth)
    let storage = Tensor(
      storage: storage, byteOffset: 0, shape: [storage.byteCount / dtype.blockBytes], dtype: dtype)
    let values = storage.float32()
    return Tensor(shape: [outputs, columns]) { out in
      values.withFloats { values in
        for output in 0..<outputs {
          var (panel, column) = (output / width, output % width)
          if isGated {
            let half = output / (outputs / 2)
            let position = output % (outputs / 2)
            (panel, column) = (position / (width / 2), position % (width / 2) + half * width / 2)
          }
          for k in 0..<columns {
            let at = (panel * columns + k / group * group) * width + column * group + k % group
            out[output * columns + k] = values[at] * (scales?.scales[panel * width + column] ?? 1)
          }
        }
      }
    }
  }

  private static func format(_ dtype: DType) -> voken_format {
    switch dtype {
    case .float32: VOKEN_F32
    case .bfloat16: VOKEN_BF16
    default: VOKEN_INT8
    }
  }
}

/// What the sums of a column of bytes are to be multiplied by, after what is to be taken from them.
final class ByteScales: @unchecked Sendable {
  let scales: UnsafeMutablePointer<Float>
  let offsets: UnsafeMutablePointer<Int32>

  init(_ count: Int) {
    scales = .allocate(capacity: count)
    offsets = .allocate(capacity: count)
    scales.initialize(repeating: 0, count: count)
    offsets.initialize(repeating: 0, count: count)
  }

  deinit {
    scales.deallocate()
    offsets.deallocate()
  }
}
