import CKernels

extension Tensor {
  /// The values in GGML's blocks, bit for bit as its reference quantizers make them. Rows must hold whole blocks, and
  /// every value must be a number.
  ///
  /// - Parameter target: `q8_0` or `q4_0`.
  public func quantized(to target: DType) -> Tensor {
    precondition(target == .q8_0 || target == .q4_0, "cannot quantize to \(target)")
    guard dtype != target else { return self }
    guard let byteCount = target.byteCount(of: shape) else {
      preconditionFailure("rows of \(shape) are not whole blocks")
    }
    let storage = Storage(byteCount: byteCount)
    let source = float32()
    let blocks = count / target.blockSize
    source.withFloats { x in
      parallelChunks(blocks, of: 512) { start, count in
        for block in start..<start + count {
          let (input, output) = (x + block * target.blockSize, storage.base + block * target.blockBytes)
          if target == .q8_0 { quantizeQ8_0(input, into: output) } else { quantizeQ4_0(input, into: output) }
        }
      }
    }
    return Tensor(storage: storage, byteOffset: 0, shape: shape, dtype: target)
  }
}

/// 32 signed bytes and their scale: the largest magnitude is 127. Halves are rounded away from zero.
private func quantizeQ8_0(_ x: UnsafePointer<Float>, into out: UnsafeMutableRawPointer) {
  var largest: Float = 0
  for i in 0..<32 { largest = max(largest, abs(x[i])) }
  let scale = largest / 127
  let inverse = inverse(of: scale)
  out.storeBytes(of: halfBits(scale), as: UInt16.self)
  for i in 0..<32 {
    let value = (x[i] * inverse).rounded(.toNearestOrAwayFromZero)
    out.storeBytes(of: Int8(max(-127, min(127, value))), toByteOffset: 2 + i, as: Int8.self)
  }
}

/// 32 values of four bits and their scale: the value of the largest magnitude is −8. The first half of the block lies in
/// the low bits, the second in the high ones.
private func quantizeQ4_0(_ x: UnsafePointer<Float>, into out: UnsafeMutableRawPointer) {
  var largest = x[0]
  for i in 1..<32 where abs(x[i]) > abs(largest) { largest = x[i] }
  let scale = largest / -8
  let inverse = inverse(of: scale)
  func level(_ value: Float) -> UInt8 { UInt8(max(0, min(15, value * inverse + 8.5))) }
  out.storeBytes(of: halfBits(scale), as: UInt16.self)
  for i in 0..<16 {
    out.storeBytes(of: level(x[i]) | level(x[i + 16]) << 4, toByteOffset: 2 + i, as: UInt8.self)
  }
}

/// Zero where the scale is zero, or so small that its inverse overflows.
private func inverse(of scale: Float) -> Float {
  let inverse = 1 / scale
  return inverse.isFinite ? inverse : 0
}

private func halfBits(_ value: Float) -> UInt16 {
  var (value, bits): (Float, UInt16) = (value, 0)
  voken_f32_to_f16(&value, &bits, 1)
  return bits
}
