/// How a convolution is computed.
enum ConvolutionPlan: Sendable {
  case direct, winograd

  /// The cheaper plan for so many output pixels.
  init(
    inputs: Int, outputs: Int, _ geometry: ConvolutionGeometry, _ precision: Precision, pixels: Int
  ) {
    let isEligible =
      geometry.kernel == (3, 3) && geometry.stride == 1 && inputs % 16 == 0 && outputs % 16 == 0
      && inputs > 0 && pixels > 0
    guard isEligible else {
      self = .direct
      return
    }
    // Multiplications of an input by an output.
    let direct = 9 * Double(pixels)
    let tiles = (Double(pixels) / Double(WinogradProduct.tile * WinogradProduct.tile)).rounded(.up)
    // To transform a kernel takes as long as to multiply it by 8 tiles, or 4 in fp32, and to transform a tile, there and
    // back, as long as 80 inputs and 160 outputs. Of 84 layers of SD 1.5 at three sizes this chose the faster plan for 80;
    // the others, of 4 × 4 pixels, are within a quarter of each other.
    let kernels = precision == .f32 ? 4.0 : 8.0
    let elements = Double(WinogradProduct.elements)
    let winograd =
      elements * (tiles + kernels) + elements * tiles * (80 / Double(outputs) + 160 / Double(inputs))
    self = winograd < direct ? .winograd : .direct
  }
}
