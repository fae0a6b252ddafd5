import Tensors

extension Pickle.TensorView {
  /// Whether the elements follow each other in row-major order; strides of single rows do not matter.
  var isContiguous: Bool {
    var expected = 1
    for (dimension, stride) in zip(shape, strides).reversed() where dimension != 1 {
      guard stride == expected else { return false }
      expected *= dimension
    }
    return true
  }

  /// The elements of this view of `data` in row-major order. All of them must lie there.
  func gathered(from data: UnsafeRawPointer) -> Tensor {
    let size = storage.dtype.blockBytes
    let count = shape.reduce(1, *)
    let copy = Tensors.Storage(byteCount: count * size)
    // The last dimensions, as far as their elements follow each other, are copied at once.
    let run = contiguousRun
    let outer = shape.indices.filter { strides[$0...].count > run.dimensions }
    var index = [Int](repeating: 0, count: shape.count)
    var source = offset
    for target in stride(from: 0, to: count, by: run.count) {
      copy.base.advanced(by: target * size).copyMemory(
        from: data + source * size, byteCount: run.count * size)
      // Counts up like an odometer, keeping `source` in step.
      for axis in outer.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return Tensor(storage: copy, byteOffset: 0, shape: shape, dtype: storage.dtype)
  }

  /// How many of the last dimensions lie in row-major order, and their elements.
  private var contiguousRun: (dimensions: Int, count: Int) {
    var (dimensions, count) = (0, 1)
    for (size, stride) in zip(shape, strides).reversed() {
      guard stride == count || size == 1 else { break }
      dimensions += 1
      count *= size
    }
    return (dimensions, count)
  }
}
