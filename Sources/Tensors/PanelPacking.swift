/// Packs a weight (out, …) of any type in panels of 64 outputs.
///
/// - Parameters:
///   - panelBytes: of each panel.
///   - gated: a panel holds 32 outputs of the first half and the 32 of the second that gate them.
///   - pack: called for each panel with the weights of its outputs, one after the other in fp32, and where the panel
///     goes, on several threads; false where a value cannot be packed.
/// - Returns: nil if that was so anywhere; otherwise the weight's own pages are released.
func packedPanels(
  of weight: Tensor, panelBytes: Int, gated: Bool = false,
  _ pack: (
    _ panel: Int, _ rows: UnsafePointer<Float>, _ columns: Int, _ target: UnsafeMutableRawPointer
  ) -> Bool
) -> Storage? {
  let (outputs, width) = (weight.shape[0], PackedMatrix.panelWidth)
  let rowCount = weight.shape.dropFirst().reduce(1, *)
  let panels = (outputs + width - 1) / width
  let storage = Storage(byteCount: panels * panelBytes, isPooled: false)
  let isPacked = Flags(panels)
  weight.withBytes { bytes in
    parallel(panels) { panel in
      let start = panel * width
      let columns = min(width, outputs - start)
      withScratch(columns * rowCount) { rows in
        let halves = gated ? 2 : 1
        for half in 0..<halves {
          let first = gated ? half * outputs / 2 + start / 2 : start
          let count = columns / halves * rowCount
          let offset = first * rowCount / weight.dtype.blockSize * weight.dtype.blockBytes
          convertToFloat32(
            bytes.baseAddress! + offset, weight.dtype, count: count, into: rows + half * count)
        }
        if pack(panel, rows, columns, storage.base + panel * panelBytes) { isPacked.set(panel) }
      }
    }
  }
  guard isPacked.allSet else { return nil }
  weight.releasePages()
  return storage
}

/// One mark for each piece of work, set from any thread.
private final class Flags: @unchecked Sendable {
  private let marks: UnsafeMutableBufferPointer<Bool>

  init(_ count: Int) {
    marks = .allocate(capacity: count)
    marks.initialize(repeating: false)
  }

  deinit { marks.deallocate() }

  func set(_ index: Int) { marks[index] = true }
  var allSet: Bool { marks.allSatisfy { $0 } }
}
