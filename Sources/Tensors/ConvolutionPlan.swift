/// How a convolution is computed.
enum ConvolutionPlan: Sendable, Equatable {
  case direct
  /// Winograd's algorithm for output tiles of 2 × 2 or 4 × 4 pixels.
  case winograd(Int)

  var tileSize: Int? { if case .winograd(let size) = self { size } else { nil } }

  /// The cheapest plan for so many output pixels.
  init(
    inputs: Int, outputs: Int, _ geometry: ConvolutionGeometry, _ precision: Precision, pixels: Int
  ) {
    let isEligible =
      geometry.kernel == (3, 3) && geometry.stride == 1 && inputs % 16 == 0 && outputs % 16 == 0
      && inputs > 0 && pixels > 0
    let plans = isEligible ? [.direct, .winograd(2), .winograd(4)] : [Self.direct]
    self = plans.min { a, b in
      a.cost(inputs, outputs, precision, pixels) < b.cost(inputs, outputs, precision, pixels)
    }!
  }

  /// Picoseconds on one machine, as measured there; only their ratios matter.
  private func cost(_ inputs: Int, _ outputs: Int, _ precision: Precision, _ pixels: Int) -> Double {
    let (inputs, outputs, pixels) = (Double(inputs), Double(outputs), Double(pixels))
    let elementBytes = precision == .f32 ? 4.0 : 2.0
    // Per multiplication, per byte that goes through the third cache, per byte of weights read from memory.
    let (multiplying, passing, reading) = (elementBytes == 4 ? 4.2 : 2.1, 20.0, 40.0)
    // Memory has a price too: a tenth of a millisecond for each megabyte of weights, twice that for those who save it.
    let holding = elementBytes == 4 ? 100.0 : 200.0
    guard let tileSize else {
      return 9 * inputs * outputs * (pixels * multiplying + elementBytes * (reading + holding))
    }
    let transformed = Double((tileSize + 2) * (tileSize + 2))
    let tiles = pixels / Double(tileSize * tileSize)
    return transformed * inputs * outputs * (tiles * multiplying + elementBytes * (reading + holding))
      + 2 * tiles * transformed * (inputs * elementBytes + outputs * 4) * passing
  }
}
