import Foundation

/// The variances β_t of the forward process. In single precision and in PyTorch's order of operations, because that
/// is what models were trained and are sampled with, and 1 − ᾱ near t = 0 keeps only a few of those digits.
enum Betas {
  static func linear(from start: Double, to end: Double, count: Int) -> [Float] {
    linspace(Float(start), Float(end), count)
  }

  /// Linear in √β: latent diffusion's.
  static func scaledLinear(from start: Double, to end: Double, count: Int) -> [Float] {
    linspace(Float(start.squareRoot()), Float(end.squareRoot()), count).map { $0 * $0 }
  }

  /// ᾱ(t) = cos²((t + .008)/1.008 · π/2) (Nichol and Dhariwal 2021, eq. 17), β at most .999.
  static func squaredCosine(count: Int) -> [Float] {
    func alphaBar(_ t: Double) -> Double {
      let cosine = cos((t + 0.008) / 1.008 * Double.pi / 2)
      return cosine * cosine
    }
    return (0..<count).map { i in
      let (from, to) = (Double(i) / Double(count), Double(i + 1) / Double(count))
      return Float(min(1 - alphaBar(to) / alphaBar(from), 0.999))
    }
  }

  /// `torch.linspace`: both halves count from their own end, with fused multiply-adds.
  private static func linspace(_ start: Float, _ end: Float, _ count: Int) -> [Float] {
    guard count > 1 else { return count == 1 ? [start] : [] }
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { i in
      i < count / 2 ? start.addingProduct(step, Float(i)) : end.addingProduct(-step, Float(count - 1 - i))
    }
  }

  /// Shifts and scales √ᾱ so that the last level holds no signal (Lin et al. 2023, algorithm 1).
  static func rescaledToZeroTerminalSNR(_ betas: [Float]) -> [Float] {
    let roots = cumulativeAlphas(betas).map { $0.squareRoot() }
    guard let first = roots.first, let last = roots.last, betas.count > 1 else { return betas }
    let scale = first / (first - last)
    let alphasCumprod = roots.map { root in
      let shifted = (root - last) * scale
      return shifted * shifted
    }
    let alphas = [alphasCumprod[0]] + (1..<betas.count).map { alphasCumprod[$0] / alphasCumprod[$0 - 1] }
    return alphas.map { 1 - $0 }
  }

  /// ᾱ_t = Π (1 − β): `torch.cumprod`, which accumulates in double precision and rounds each result.
  static func cumulativeAlphas(_ betas: [Float]) -> [Float] {
    var product = 1.0
    return betas.map { beta in
      product *= Double(1 - beta)
      return Float(product)
    }
  }
}
