/// Pixels of three channels, row by row.
struct RGBPixels: Sendable, Equatable {
  let width: Int
  let height: Int
  let values: [UInt8]

  /// Resizes as Pillow does: an antialiasing filter along rows and along columns, in fixed-point arithmetic with 8-bit
  /// results, so that every pixel is Pillow's.
  func resized(width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter) -> RGBPixels {
    func rows(_ pixels: RGBPixels) -> RGBPixels {
      newWidth == width ? pixels : pixels.resizedRows(to: newWidth, filter)
    }
    func columns(_ pixels: RGBPixels) -> RGBPixels {
      newHeight == height ? pixels : pixels.transposed.resizedRows(to: newHeight, filter).transposed
    }
    // Rounding between the two makes their order matter: Pillow 13 begins with the columns of tall pictures.
    let beginsWithColumns = newHeight < height && height - newHeight > 2 * (width - newWidth)
    return beginsWithColumns ? rows(columns(self)) : columns(rows(self))
  }

  private static let precision = 22

  /// What each pixel of a row of `target` is made of: where its sources start, and their weights.
  private static func coefficients(_ size: Int, _ target: Int, _ filter: ResizeFilter) -> [(
    start: Int, weights: [Int]
  )] {
    let scale = Double(size) / Double(target)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    return (0..<target).map { index in
      let center = (Double(index) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(size, Int(center + support + 0.5))
      let weights = (start..<end).map { filter((Double($0) - center + 0.5) / filterScale) }
      let sum = weights.reduce(0, +)
      let one = Double(1 << precision)
      return (
        start,
        weights.map { weight in
          let share = sum == 0 ? weight : weight / sum
          return Int(share * one + (share < 0 ? -0.5 : 0.5))
        }
      )
    }
  }

  private func resizedRows(to target: Int, _ filter: ResizeFilter) -> RGBPixels {
    let coefficients = Self.coefficients(width, target, filter)
    var result = [UInt8](repeating: 0, count: target * height * 3)
    values.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<height {
          for (x, (start, weights)) in coefficients.enumerated() {
            for channel in 0..<3 {
              var sum = 1 << (Self.precision - 1)
              var index = (y * width + start) * 3 + channel
              for weight in weights {
                sum += Int(source[index]) * weight
                index += 3
              }
              result[(y * target + x) * 3 + channel] = UInt8(clamping: sum >> Self.precision)
            }
          }
        }
      }
    }
    return RGBPixels(width: target, height: height, values: result)
  }

  private var transposed: RGBPixels {
    var result = [UInt8](repeating: 0, count: values.count)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          result[(x * height + y) * 3 + channel] = values[(y * width + x) * 3 + channel]
        }
      }
    }
    return RGBPixels(width: height, height: width, values: result)
  }

  /// The middle; black where the picture is smaller.
  func centerCropped(width newWidth: Int, height newHeight: Int) -> RGBPixels {
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    // Negative where black is added, of which the greater half comes first, as in transformers.
    let left = newWidth <= width ? (width - newWidth) / 2 : -((newWidth - width + 1) / 2)
    let top = newHeight <= height ? (height - newHeight) / 2 : -((newHeight - height + 1) / 2)
    for y in 0..<newHeight where (0..<height).contains(y + top) {
      for x in 0..<newWidth where (0..<width).contains(x + left) {
        let (source, target) = (((y + top) * width + x + left) * 3, (y * newWidth + x) * 3)
        result.replaceSubrange(target..<target + 3, with: values[source..<source + 3])
      }
    }
    return RGBPixels(width: newWidth, height: newHeight, values: result)
  }
}
