import Tensors

extension Tensor {
  /// Bilinear resize of (N, C, H, W), PyTorch's `interpolate(mode: "bilinear")` without aligned corners.
  func resizedBilinear(height newHeight: Int, width newWidth: Int) -> Tensor {
    let (planes, height, width) = (shape[0] * shape[1], shape[2], shape[3])
    /// For each new position, the two sources and the second's weight; in single precision, as there.
    func sources(_ size: Int, _ newSize: Int) -> [(Int, Int, Float)] {
      let scale = Float(size) / Float(newSize)
      return (0..<newSize).map { i in
        let position = max(scale * (Float(i) + 0.5) - 0.5, 0)
        let first = min(Int(position), size - 1)
        return (first, min(first + 1, size - 1), min(max(position - Float(first), 0), 1))
      }
    }
    let (rows, columns) = (sources(height, newHeight), sources(width, newWidth))
    return Tensor(shape: [shape[0], shape[1], newHeight, newWidth]) { out in
      withFloats { x in
        for plane in 0..<planes {
          let source = x + plane * height * width
          let target = out + plane * newHeight * newWidth
          for (y, (top, bottom, down)) in rows.enumerated() {
            for (i, (left, right, across)) in columns.enumerated() {
              func row(_ y: Int) -> Float {
                (1 - across) * source[y * width + left] + across * source[y * width + right]
              }
              target[y * newWidth + i] = (1 - down) * row(top) + down * row(bottom)
            }
          }
        }
      }
    }
  }
}
