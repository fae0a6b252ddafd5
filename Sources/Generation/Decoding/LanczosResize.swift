import Foundation

extension Picture {
  /// Resized by Lanczos' kernel of three lobes, to the bit as Pillow does it: columns before rows unless only the rows
  /// become fewer, each pass rounded to 8 bits, with weights of 22 fractional bits.
  public func resized(width newWidth: Int, height newHeight: Int) -> Picture {
    func columns(_ picture: Picture) -> Picture {
      newWidth == width ? picture : picture.resizedColumns(newWidth)
    }
    func rows(_ picture: Picture) -> Picture {
      newHeight == height ? picture : picture.transposed.resizedColumns(newHeight).transposed
    }
    return newWidth > width && newHeight < height ? columns(rows(self)) : rows(columns(self))
  }

  private func resizedColumns(_ newWidth: Int) -> Picture {
    let taps = Self.taps(width, newWidth)
    var resized = [UInt8](repeating: 0, count: newWidth * height * 3)
    for y in 0..<height {
      for (x, tap) in taps.enumerated() {
        for c in 0..<3 {
          var sum = 1 << (Self.fraction - 1)
          var source = (y * width + tap.start) * 3 + c
          for weight in tap.weights {
            sum += Int(pixels[source]) * weight
            source += 3
          }
          resized[(y * newWidth + x) * 3 + c] = UInt8(min(max(sum >> Self.fraction, 0), 255))
        }
      }
    }
    return Picture(width: newWidth, height: height, pixels: resized)
  }

  private static let fraction = 22

  /// For each new position, where its sources start and their weights.
  private static func taps(_ size: Int, _ newSize: Int) -> [(start: Int, weights: [Int])] {
    let scale = Double(size) / Double(newSize)
    let stretch = max(scale, 1)
    let support = 3 * stretch
    return (0..<newSize).map { position in
      let center = (Double(position) + 0.5) * scale
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), size)
      let weights = (start..<end).map { lanczos((Double($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      return (
        start,
        weights.map { weight in
          let scaled = weight / sum * Double(1 << fraction)
          return Int(scaled + (scaled < 0 ? -0.5 : 0.5))
        }
      )
    }
  }

  private static func lanczos(_ x: Double) -> Double {
    func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
    return abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0
  }

  private var transposed: Picture {
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 { result[(x * height + y) * 3 + c] = pixels[(y * width + x) * 3 + c] }
      }
    }
    return Picture(width: height, height: width, pixels: result)
  }
}
