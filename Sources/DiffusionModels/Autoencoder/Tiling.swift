import Tensors

/// Working through a picture in overlapping square tiles, so that memory depends on the tile and not on the picture.
/// Where tiles overlap, one fades into the next (as diffusers' `tiled_decode` and `tiled_encode`).
public struct Tiling: Sendable, Equatable {
  /// Latents along a side of a tile: a multiple of 4, for a quarter of it overlaps.
  public let latents: Int

  /// - Parameter latents: rounded down to a multiple of 4, and to at least 4.
  public init(latents: Int) { self.latents = max(4, latents / 4 * 4) }

  /// The tiles that diffusers uses for an autoencoder: pictures of the size that it was trained at.
  public init(_ configuration: AutoencoderKLConfiguration) {
    let pixels = configuration.sampleSize?.first ?? 512
    self.init(latents: pixels / configuration.pixelsPerLatent)
  }

  /// Whether a picture of this many latents is larger than one tile.
  public func divides(height: Int, width: Int) -> Bool { height > latents || width > latents }

  /// Applies `body` tile by tile.
  /// - Parameters:
  ///   - input: (N, H, W, C).
  ///   - sides: of a tile in `input`, and of what `body` makes of it.
  func callAsFunction(
    _ input: Tensor, sides: (input: Int, output: Int), _ body: (Tensor) throws -> Tensor
  ) rethrows -> Tensor {
    let (height, width) = (input.shape[1], input.shape[2])
    let stride = sides.input / 4 * 3
    let fade = sides.output / 4
    let limit = sides.output - fade
    var (above, rows): ([Tensor], [Tensor]) = ([], [])
    for y in Swift.stride(from: 0, to: height, by: stride) {
      var row: [Tensor] = []
      for (column, x) in Swift.stride(from: 0, to: width, by: stride).enumerated() {
        let bounds = (y..<min(y + sides.input, height), x..<min(x + sides.input, width))
        var tile = try body(input.window(bounds.0, bounds.1))
        if !above.isEmpty { tile.fade(from: above[column], axis: 1, extent: fade) }
        if column > 0 { tile.fade(from: row[column - 1], axis: 2, extent: fade) }
        row.append(tile)
      }
      rows.append(
        Tensor.concatenating(
          row.map { $0.window(0..<min(limit, $0.shape[1]), 0..<min(limit, $0.shape[2])) }, axis: 2))
      above = row
    }
    return Tensor.concatenating(rows, axis: 1)
  }
}

extension Tensor {
  /// Part of each picture of (N, H, W, C).
  func window(_ rows: Range<Int>, _ columns: Range<Int>) -> Tensor {
    let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
    return Tensor(shape: [n, rows.count, columns.count, c]) { out in
      withFloats { x in
        for (i, job) in (0..<n).flatMap({ n in rows.map { n * h + $0 } }).enumerated() {
          (out + i * columns.count * c).update(
            from: x + (job * w + columns.lowerBound) * c, count: columns.count * c)
        }
      }
    }
  }

  /// Lets the end of `previous` along an axis go over into the beginning of this tile.
  fileprivate mutating func fade(from previous: Tensor, axis: Int, extent: Int) {
    let extent = min(extent, previous.shape[axis], shape[axis])
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let (size, previousSize) = (shape[axis], previous.shape[axis])
    previous.withFloats { old in
      withMutableFloats { new in
        for o in 0..<outer {
          for i in 0..<extent {
            let weight = Float(i) / Float(extent)
            let source = old + (o * previousSize + previousSize - extent + i) * inner
            let target = new + (o * size + i) * inner
            for k in 0..<inner { target[k] = source[k] * (1 - weight) + target[k] * weight }
          }
        }
      }
    }
  }
}
