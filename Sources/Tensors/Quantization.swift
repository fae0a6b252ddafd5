import CKernels

/// Decodes `count` elements of GGML's block types, a whole number of blocks, to fp32: bit for bit what GGML gives.
func dequantize(
  _ bytes: UnsafeRawPointer, _ dtype: DType, count: Int, into out: UnsafeMutablePointer<Float>
) {
  let blocks = count / dtype.blockSize
  let bytes = bytes.assumingMemoryBound(to: UInt8.self)
  switch dtype {
  case .q8_0: voken_q8_0_to_f32(bytes, out, blocks)
  case .q4_0: voken_q4_0_to_f32(bytes, out, blocks)
  case .q4_1: voken_q4_1_to_f32(bytes, out, blocks)
  case .q5_0: voken_q5_0_to_f32(bytes, out, blocks)
  case .q5_1: voken_q5_1_to_f32(bytes, out, blocks)
  case .q4K: voken_q4_k_to_f32(bytes, out, blocks)
  case .q5K: voken_q5_k_to_f32(bytes, out, blocks)
  case .q6K: voken_q6_k_to_f32(bytes, out, blocks)
  default: preconditionFailure("\(dtype) is not a block type")
  }
}
