import Tensors

/// Colours straight from latents, one pixel each: the affine map that comes closest to what an autoencoder decodes them
/// to. Enough to see where a picture is going.
struct LatentProjection: Sendable {
  /// For each colour, the weights of the channels and a constant.
  private let rows: [[Double]]

  /// Fits the map to what `decode` makes of random latents that are smooth, as those of pictures are.
  /// - Parameter decode: (1, C, h, w) → (1, H, W, 3), H and W multiples of h and w.
  init(channels: Int, decode: (Tensor) throws -> Tensor) throws {
    let (coarse, side) = (6, 16)
    let source = RandomAlgorithm.torch.source(seed: 0)
    var noise = source
    let smooth = Tensor(noise.normal(channels * coarse * coarse), shape: [1, channels, coarse, coarse])
      .resizedBilinear(height: side, width: side)
    let rough = Tensor(noise.normal(channels * side * side), shape: [1, channels, side, side])
    let latents = linearCombination(1.2, smooth, 0.4, rough)
    let picture = try decode(latents)
    let (height, width) = (picture.shape[1] / side, picture.shape[2] / side)
    let (values, pixels) = (latents.floats, picture.floats)
    var normal = [[Double]](
      repeating: [Double](repeating: 0, count: channels + 1 + 3), count: channels + 1)
    for y in 0..<side {
      for x in 0..<side {
        let inputs = (0..<channels).map { Double(values[($0 * side + y) * side + x]) } + [1]
        var colour = [0.0, 0, 0]
        for row in y * height..<(y + 1) * height {
          for column in x * width..<(x + 1) * width {
            for c in 0..<3 { colour[c] += Double(pixels[(row * side * width + column) * 3 + c]) }
          }
        }
        let outputs = inputs + colour.map { $0 / Double(height * width) }
        for i in inputs.indices { for j in outputs.indices { normal[i][j] += inputs[i] * outputs[j] } }
      }
    }
    rows = Self.solved(normal)
  }

  /// Latents (1, C, h, w) → a picture of h × w pixels.
  func callAsFunction(_ latents: Tensor) -> Picture {
    let (height, width) = (latents.shape[2], latents.shape[3])
    let (values, size) = (latents.floats, height * width)
    let channels = rows[0].count - 1
    let pixels = Tensor(shape: [1, height, width, 3]) { out in
      for pixel in 0..<size {
        for (c, row) in rows.enumerated() {
          out[pixel * 3 + c] = Float(
            (0..<channels).reduce(row[channels]) { $0 + row[$1] * Double(values[$1 * size + pixel]) })
        }
      }
    }
    return Picture(decoded: pixels)
  }

  /// Gauss–Jordan on the normal equations, a positive matrix followed by its three right-hand sides.
  private static func solved(_ system: [[Double]]) -> [[Double]] {
    var system = system
    let count = system.count
    for pivot in 0..<count {
      let scale = system[pivot][pivot]
      guard scale.isFinite, scale > 1e-9 else { continue }
      for j in pivot..<system[pivot].count { system[pivot][j] /= scale }
      for row in 0..<count where row != pivot {
        let factor = system[row][pivot]
        for j in pivot..<system[row].count { system[row][j] -= factor * system[pivot][j] }
      }
    }
    return (0..<3).map { colour in system.map { $0[count + colour] } }
  }
}
