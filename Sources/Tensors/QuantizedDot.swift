import CKernels

/// x (K) · each row of a weight that is stored in blocks, decoded in registers.
struct QuantizedDot {
  private let type: DType

  /// nil for types that have no kernel of their own.
  init?(_ type: DType) {
    guard [.q8_0, .q4_0, .q4_1].contains(type) else { return nil }
    self.type = type
  }

  /// - Parameters:
  ///   - weight: `n` rows of `k` elements.
  ///   - out: `n` results.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ weight: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>, n: Int, k: Int
  ) {
    let rowBytes = k / type.blockSize * type.blockBytes
    withScratch(k / type.blockSize) { sums in
      voken_block_sums(x, sums, k)
      parallelRanges(n) { start, count in
        for i in start..<start + count {
          let row = (weight + i * rowBytes).assumingMemoryBound(to: UInt8.self)
          out[i] =
            switch type {
            case .q4_0: voken_dot_q4_0(row, x, sums, k)
            case .q4_1: voken_dot_q4_1(row, x, sums, k)
            default: voken_dot_q8_0(row, x, k)
            }
        }
      }
    }
  }
}
