import CKernels

/// The Box–Muller transform in single precision, with the polynomials of the Cephes library (Moshier) and fused
/// multiply-adds where PyTorch's AVX2 build has them: that, and no better accuracy, is what makes the bits equal.
enum BoxMuller {
  /// 2π to the nearest Float; `Float.pi` is rounded towards zero.
  static let fullTurn = Float(2 * Double.pi)

  /// Replaces blocks of 16 uniforms on [0, 1) by normals: the first 8 of each are radii, the last 8 angles.
  static func transform(_ samples: inout [Float], at start: Int, blocks: Int = 1) {
    precondition(start >= 0 && blocks >= 0 && start + 16 * blocks <= samples.count)
    samples.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      voken_box_muller(base + start, blocks, fullTurn)
    }
  }
}
