import CKernels

extension Tensor {
  /// The same values in fp32; integers beyond 2²⁴ are rounded. Free if they are fp32 already.
  public func float32() -> Tensor {
    if dtype == .float32 { return self }
    let size = max(dtype.blockSize, 1 << 14)
    return Tensor(shape: shape) { out in
      withBytes { bytes in
        parallelChunks(count, of: size) { start, count in
          convertToFloat32(
            bytes.baseAddress! + start / dtype.blockSize * dtype.blockBytes, dtype, count: count,
            into: out + start)
        }
      }
    }
  }

  /// The same values rounded to another floating-point type (fp32, fp16 or bf16).
  public func converted(to target: DType) -> Tensor {
    if target == dtype { return self }
    let source = float32()
    if target == .float32 { return source }
    precondition(target == .float16 || target == .bfloat16, "cannot store as \(target)")
    let storage = Storage(byteCount: count * 2)
    let out = storage.base.assumingMemoryBound(to: UInt16.self)
    source.withFloats { x in
      parallelChunks(count) { start, count in
        if target == .float16 {
          voken_f32_to_f16(x + start, out + start, count)
        } else {
          voken_f32_to_bf16(x + start, out + start, count)
        }
      }
    }
    return Tensor(storage: storage, byteOffset: 0, shape: shape, dtype: target)
  }

  /// Whether every value is a number: false for NaN and infinities.
  public var isFinite: Bool {
    float32().withFloats { voken_all_finite($0, count) }
  }
}

/// Decodes `count` elements, a whole number of blocks, to fp32.
func convertToFloat32(
  _ bytes: UnsafeRawPointer, _ dtype: DType, count: Int, into out: UnsafeMutablePointer<Float>
) {
  func each<T: BinaryInteger>(_: T.Type) {
    for i in 0..<count {
      out[i] = Float(bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self))
    }
  }
  switch dtype {
  case .float32: UnsafeMutableRawPointer(out).copyMemory(from: bytes, byteCount: count * 4)
  case .float16: voken_f16_to_f32(bytes.assumingMemoryBound(to: UInt16.self), out, count)
  case .bfloat16: voken_bf16_to_f32(bytes.assumingMemoryBound(to: UInt16.self), out, count)
  case .float64:
    for i in 0..<count { out[i] = Float(bytes.loadUnaligned(fromByteOffset: i * 8, as: Double.self)) }
  case .int64: each(Int64.self)
  case .int32: each(Int32.self)
  case .int16: each(Int16.self)
  case .int8: each(Int8.self)
  case .uint8, .bool: each(UInt8.self)
  case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q4K, .q5K, .q6K:
    dequantize(bytes, dtype, count: count, into: out)
  }
}
