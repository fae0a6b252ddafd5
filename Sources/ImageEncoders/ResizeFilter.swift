/// Pillow's resampling filters, by its numbers.
enum ResizeFilter: Int, Sendable {
  case bilinear = 2
  case bicubic = 3

  var support: Double { self == .bicubic ? 2 : 1 }

  func callAsFunction(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}
