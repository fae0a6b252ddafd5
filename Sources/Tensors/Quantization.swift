/// Decodes GGML blocks to fp32.
func dequantize(_ bytes: UnsafeRawPointer, _ dtype: DType, count: Int, into out: UnsafeMutablePointer<Float>)
{
  preconditionFailure("not yet")
}
