/// The Box–Muller transform in single precision, with the polynomials of the Cephes library (Moshier) and fused
/// multiply-adds where PyTorch's AVX2 build has them: that, and no better accuracy, is what makes the bits equal.
enum BoxMuller {
  /// 2π to the nearest Float; `Float.pi` is rounded towards zero.
  static let fullTurn = Float(2 * Double.pi)

  /// Replaces 16 uniforms on [0, 1) by normals: the first 8 are radii, the last 8 angles.
  static func transform(_ samples: inout [Float], at start: Int) {
    for index in start..<start + 8 {
      let radius = (-2 * logarithm(1 - samples[index])).squareRoot()
      let (sine, cosine) = sineAndCosine(fullTurn * samples[index + 8])
      samples[index] = radius * cosine
      samples[index + 8] = radius * sine
    }
  }

  /// ln x for normal positive x.
  static func logarithm(_ x: Float) -> Float {
    var exponent = Float(Int32(x.bitPattern >> 23) - 126)
    var fraction = Float(bitPattern: x.bitPattern & 0x007f_ffff | 0x3f00_0000)
    if fraction < 0.70710678 {
      exponent -= 1
      fraction = fraction - 1 + fraction
    } else {
      fraction -= 1
    }
    let square = fraction * fraction
    let series = polynomial(
      [
        7.0376836292E-2, -1.1514610310E-1, 1.1676998740E-1, -1.2420140846E-1, 1.4249322787E-1,
        -1.6668057665E-1, 2.0000714765E-1, -2.4999993993E-1, 3.3333331174E-1,
      ], fraction)
    var tail = (exponent * -2.12194440e-4).addingProduct(series * fraction, square)
    tail = tail.addingProduct(square, -0.5)
    return (fraction + tail).addingProduct(exponent, 0.693359375)
  }

  /// sin x and cos x for 0 ≤ x ≤ 2π: reduced to an eighth of the circle, then a polynomial each.
  static func sineAndCosine(_ x: Float) -> (sine: Float, cosine: Float) {
    let octant = (Int32(x * 1.27323954473516) + 1) & ~1
    let turns = Float(octant)
    // π/4 in three parts, so that the subtraction loses nothing.
    let angle =
      x
      .addingProduct(turns, -0.78515625)
      .addingProduct(turns, -2.4187564849853515625e-4)
      .addingProduct(turns, -3.77489497744594108e-8)
    let square = angle * angle
    let cosineSeries = polynomial(
      [2.443315711809948E-005, -1.388731625493765E-003, 4.166664568298827E-002], square)
    let cosine = (-(square * 0.5)).addingProduct(cosineSeries * square, square) + 1
    let sineSeries = polynomial([-1.9515295891E-4, 8.3321608736E-3, -1.6666654611E-1], square)
    let sine = angle.addingProduct(sineSeries * square, angle)
    switch octant & 6 {
    case 0: return (sine, cosine)
    case 2: return (cosine, -sine)
    case 4: return (-sine, -cosine)
    default: return (-cosine, sine)
    }
  }

  /// Horner's rule, highest power first.
  @inline(__always)
  private static func polynomial(_ coefficients: [Float], _ x: Float) -> Float {
    coefficients.dropFirst().reduce(coefficients[0]) { $1.addingProduct($0, x) }
  }
}
