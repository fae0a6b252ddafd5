import Tensors

extension Variable {
  public func reshaped(_ shape: [Int]) -> Variable {
    let old = value.shape
    return Variable(value.reshaped(shape), of: [self]) { [$0.reshaped(old)] }
  }

  /// Rows `range` of the first dimension.
  public subscript(range: Range<Int>) -> Variable {
    let shape = value.shape
    func zeros(_ rows: Int) -> Tensor { Tensor.zeros([rows] + shape.dropFirst()) }
    return Variable(value[range], of: [self]) {
      [Tensor.concatenating([zeros(range.lowerBound), $0, zeros(shape[0] - range.upperBound)])]
    }
  }

  /// Part of the last dimension.
  func lastDimension(_ range: Range<Int>) -> Variable {
    let shape = value.shape
    func zeros(_ columns: Int) -> Tensor { Tensor.zeros(shape.dropLast() + [columns]) }
    return Variable(value.lastDimension(range), of: [self]) {
      let parts = [zeros(range.lowerBound), $0, zeros(shape[shape.count - 1] - range.upperBound)]
      return [Tensor.concatenating(parts, axis: -1)]
    }
  }

  /// (…) → (count, …), the same in each row.
  func repeated(_ count: Int) -> Variable {
    let shape = value.shape
    let copies = Tensor.concatenating(
      Array(repeating: value.reshaped([1] + shape), count: count))
    return Variable(copies, of: [self]) { [$0.reshaped([count, -1]).columnSums().reshaped(shape)] }
  }

  /// Joins along the second dimension: (B, m, …) and (B, n, …) → (B, m + n, …).
  static func concatenating(_ first: Variable, _ second: Variable) -> Variable {
    let (m, n) = (first.value.shape[1], second.value.shape[1])
    return Variable(Tensor.concatenating([first.value, second.value], axis: 1), of: [first, second]) {
      gradient in
      let flat = gradient.reshaped([gradient.shape[0], -1])
      let width = flat.shape[1] / (m + n)
      return [
        first.isTracked ? flat.lastDimension(0..<m * width).reshaped(first.value.shape) : nil,
        second.isTracked
          ? flat.lastDimension(m * width..<(m + n) * width).reshaped(second.value.shape) : nil,
      ]
    }
  }

  /// Joins along the first dimension.
  public static func concatenating(_ parts: [Variable]) -> Variable {
    Variable(Tensor.concatenating(parts.map(\.value)), of: parts) { gradient in
      var start = 0
      return parts.map { part in
        defer { start += part.value.shape[0] }
        return part.isTracked ? gradient[start..<start + part.value.shape[0]] : nil
      }
    }
  }

  /// (B, …) with zeros in some rows of the first dimension.
  public func zeroing(_ isZero: [Bool]) -> Variable {
    let factors: [Float] = isZero.map { $0 ? 0 : 1 }
    return Variable(value.multipliedPerRow(factors), of: [self]) { [$0.multipliedPerRow(factors)] }
  }
}

extension Tensor {
  /// Row i of the first dimension times `factors[i]`.
  fileprivate func multipliedPerRow(_ factors: [Float]) -> Tensor {
    precondition(factors.count == shape[0], "\(factors.count) factors for \(shape)")
    return Tensor.concatenating(factors.enumerated().map { $1 * self[$0..<$0 + 1] })
  }
}
