/// Small pictures in labelled rows and columns, in as many blocks side by side as make the sheet a handy shape.
struct ContactSheet {
  struct Row {
    let label: String
    /// Nil leaves a place empty.
    let pictures: [Picture?]
  }

  let columns: [String]
  let rows: [Row]

  private static let gap = 4
  private static let dot = 2  // pixels of a font's dot
  private static let background: UInt8 = 246
  private static let ink: UInt8 = 32

  /// The width and height of a place: half a picture, within limits.
  private var tile: Int {
    let largest = rows.flatMap(\.pictures).compactMap(\.self).map { max($0.width, $0.height) }.max() ?? 0
    return min(max(largest / 2, 64), 128)
  }

  func drawn() -> Picture {
    let (tile, gap, dot) = (tile, Self.gap, Self.dot)
    let blocks = rows.count > 24 ? 3 : rows.count > 10 ? 2 : 1
    let rowsInBlock = (rows.count + blocks - 1) / blocks
    let labelWidth = (rows.map(\.label.count).max() ?? 0) * BitmapFont.width * dot + 2 * gap
    let headingHeight = BitmapFont.height * dot + 2 * gap
    let blockWidth = labelWidth + columns.count * (tile + gap) + gap
    var canvas = Canvas(
      width: blocks * blockWidth, height: headingHeight + rowsInBlock * (tile + gap), shade: Self.background)
    for block in 0..<blocks {
      let left = block * blockWidth
      for (index, heading) in columns.enumerated() {
        let center = left + labelWidth + index * (tile + gap) + tile / 2
        canvas.write(
          heading, x: center - heading.count * BitmapFont.width * dot / 2, y: gap, dot: dot, shade: Self.ink)
      }
      for (index, row) in rows.dropFirst(block * rowsInBlock).prefix(rowsInBlock).enumerated() {
        let top = headingHeight + index * (tile + gap)
        canvas.write(
          row.label, x: left + gap, y: top + (tile - BitmapFont.height * dot) / 2, dot: dot, shade: Self.ink)
        for (column, picture) in row.pictures.enumerated() {
          guard let picture else { continue }
          canvas.place(picture, x: left + labelWidth + column * (tile + gap), y: top, size: tile)
        }
      }
    }
    return canvas.picture
  }
}

/// Pixels to draw on.
private struct Canvas {
  let width: Int
  let height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int, shade: UInt8) {
    (self.width, self.height) = (width, height)
    pixels = Array(repeating: shade, count: width * height * 3)
  }

  var picture: Picture { Picture(width: width, height: height, pixels: pixels) }

  mutating func write(_ text: String, x: Int, y: Int, dot: Int, shade: UInt8) {
    for place in BitmapFont.dots(text) {
      for (i, j) in (0..<dot * dot).map({ ($0 % dot, $0 / dot) }) {
        set(x + place.x * dot + i, y + place.y * dot + j, [shade, shade, shade])
      }
    }
  }

  /// A picture fitted into a square: each pixel is the mean of those that it covers.
  mutating func place(_ picture: Picture, x: Int, y: Int, size: Int) {
    let largest = max(picture.width, picture.height)
    let (width, height) = (picture.width * size / largest, picture.height * size / largest)
    for j in 0..<height {
      let rows =
        j * picture.height / height..<max(j * picture.height / height + 1, (j + 1) * picture.height / height)
      for i in 0..<width {
        let columns =
          i * picture.width / width..<max(i * picture.width / width + 1, (i + 1) * picture.width / width)
        let mean = (0..<3).map { channel in
          let sum = rows.reduce(0) { sum, row in
            columns.reduce(sum) { $0 + Int(picture.pixels[(row * picture.width + $1) * 3 + channel]) }
          }
          return UInt8(sum / (rows.count * columns.count))
        }
        set(x + (size - width) / 2 + i, y + (size - height) / 2 + j, mean)
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ color: [UInt8]) {
    guard 0..<width ~= x, 0..<height ~= y else { return }
    for channel in 0..<3 { pixels[(y * width + x) * 3 + channel] = color[channel] }
  }
}
