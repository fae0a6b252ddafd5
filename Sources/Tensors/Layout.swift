/// Changes of layout. Everything here copies.
extension Tensor {
  /// Exchanges two neighbouring runs of dimensions: (A…, B…, C…, D…) → (A…, C…, B…, D…), where B is `axes` and C the
  /// run that follows it up to `end`. NCHW → NHWC is `swapping(1..<2, 2..<4)`.
  public func swapping(_ first: Range<Int>, _ second: Range<Int>) -> Tensor {
    precondition(first.upperBound == second.lowerBound && second.upperBound <= shape.count)
    let outer = shape[..<first.lowerBound].reduce(1, *)
    let b = shape[first].reduce(1, *)
    let c = shape[second].reduce(1, *)
    let inner = shape[second.upperBound...].reduce(1, *)
    let newShape =
      Array(shape[..<first.lowerBound]) + shape[second] + shape[first] + shape[second.upperBound...]
    return Tensor(shape: newShape) { out in
      withFloats { x in
        parallel(outer * c) { job in
          let (o, j) = (job / c, job % c)
          let target = out + (o * c + j) * b * inner
          let source = x + o * b * c * inner + j * inner
          for i in 0..<b {
            if inner == 1 {
              target[i] = source[i * c]
            } else {
              (target + i * inner).update(from: source + i * c * inner, count: inner)
            }
          }
        }
      }
    }
  }

  /// (N, C, H, W) → (N, H, W, C).
  public func channelsLast() -> Tensor { swapping(1..<2, 2..<4) }

  /// (N, H, W, C) → (N, C, H, W).
  public func channelsFirst() -> Tensor { swapping(1..<3, 3..<4) }

  /// Part of the last dimension.
  public func lastDimension(_ range: Range<Int>) -> Tensor {
    let columns = dim(-1)
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(shape)")
    let rows = columns == 0 ? 0 : count / columns
    return Tensor(shape: shape.dropLast() + [range.count]) { out in
      withFloats { x in
        for r in 0..<rows {
          (out + r * range.count).update(from: x + r * columns + range.lowerBound, count: range.count)
        }
      }
    }
  }

  /// Joins tensors of one type along an axis; the other dimensions must agree.
  public static func concatenating(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    precondition(!parts.isEmpty)
    return OperationTimes.timed(.elementwise) { concatenated(parts, axis: axis) }
  }

  private static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    let axis = axis < 0 ? parts[0].shape.count + axis : axis
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    for part in parts {
      for (i, size) in part.shape.enumerated() {
        precondition(i == axis || size == shape[i], "shapes differ")
      }
    }
    let outer = shape[..<axis].reduce(1, *)
    let outRow = shape[axis...].reduce(1, *)
    let dtype = parts[0].dtype
    precondition(
      dtype.blockSize == 1 && parts.allSatisfy { $0.dtype == dtype }, "parts are of several types")
    let size = dtype.blockBytes
    let result = Tensor(uninitialized: shape, dtype)
    result.withNewBytes { out in
      var offset = 0
      for part in parts {
        let row = part.shape[axis...].reduce(1, *)
        part.withBytes { x in
          parallelChunks(outer, of: max(1, (1 << 15) / max(row, 1))) { start, rows in
            for o in start..<start + rows where row > 0 {
              (out + (o * outRow + offset) * size).copyMemory(
                from: x.baseAddress! + o * row * size, byteCount: row * size)
            }
          }
        }
        offset += row
      }
    }
    return result
  }

  /// Nearest-neighbour resize of (N, H, W, C), PyTorch's `interpolate(mode: "nearest")`: source index ⌊i·(in/out)⌋ in
  /// single precision, as there.
  public func resizedNearest(height: Int, width: Int) -> Tensor {
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
    func sources(_ size: Int, _ newSize: Int) -> [Int] {
      let scale = Float(size) / Float(newSize)
      return (0..<newSize).map { min(Int(Float($0) * scale), size - 1) }
    }
    let (rows, columns) = (sources(h, height), sources(w, width))
    return OperationTimes.timed(.elementwise) {
      Tensor(shape: [n, height, width, c]) { out in
        withFloats { x in
          parallel(n * height) { job in
            let source = x + (job / height * h + rows[job % height]) * w * c
            let target = out + job * width * c
            for i in 0..<width { (target + i * c).update(from: source + columns[i] * c, count: c) }
          }
        }
      }
    }
  }
}
