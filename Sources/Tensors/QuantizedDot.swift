import CKernels

/// A few rows x (M, K) · each row of a weight that is stored in blocks, decoded in registers.
struct QuantizedDot {
  /// With more rows of x it is faster to decode the weight once for all.
  static let mostRows = 4

  private let type: DType

  /// nil for types that have no kernel of their own.
  init?(_ type: DType) {
    guard [.q8_0, .q4_0, .q4_1].contains(type) else { return nil }
    self.type = type
  }

  /// - Parameters:
  ///   - weight: `n` rows of `k` elements.
  ///   - out: `m` rows of `n` results.
  func callAsFunction(
    _ x: UnsafePointer<Float>, _ weight: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>, m: Int, n: Int,
    k: Int
  ) {
    let blocks = k / type.blockSize
    withScratch(m * blocks) { sums in
      voken_block_sums(x, sums, m * k)
      parallelRanges(n) { start, count in
        for i in start..<start + count {
          let row = (weight + i * blocks * type.blockBytes).assumingMemoryBound(to: UInt8.self)
          for j in 0..<m {
            out[j * n + i] =
              switch type {
              case .q4_0: voken_dot_q4_0(row, x + j * k, sums + j * blocks, k)
              case .q4_1: voken_dot_q4_1(row, x + j * k, sums + j * blocks, k)
              default: voken_dot_q8_0(row, x + j * k, k)
              }
          }
        }
      }
    }
  }
}
