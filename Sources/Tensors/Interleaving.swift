extension Tensor {
  /// Four pictures (N, h, w, C) → one (N, 2h, 2w, C), whose pixel (2i + r, 2j + s) is pixel (i, j) of picture 2r + s.
  public static func interleaving(_ phases: [Tensor]) -> Tensor {
    precondition(phases.count == 4 && phases.allSatisfy { $0.shape == phases[0].shape })
    let (n, h, w, c) = (phases[0].shape[0], phases[0].shape[1], phases[0].shape[2], phases[0].shape[3])
    return Tensor(shape: [n, 2 * h, 2 * w, c]) { out in
      for (phase, picture) in phases.enumerated() {
        picture.withFloats { x in
          parallel(n * h) { row in
            let source = x + row * w * c
            let target = out + ((2 * row + phase / 2) * 2 * w + phase % 2) * c
            for j in 0..<w { (target + 2 * j * c).update(from: source + j * c, count: c) }
          }
        }
      }
    }
  }
}
