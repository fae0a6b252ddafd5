/// A picture that an image encoder cannot read, or weights that give no answer, in one line.
public enum ImageEncoderError: Error, Equatable, CustomStringConvertible {
  case wrongPixels
  case tooElongated(width: Int, height: Int)
  case wrongSize(found: [Int], expected: Int)
  case noSuchLayer(Int, layers: Int)
  case notFinite(source: String)

  public var description: String {
    switch self {
    case .wrongPixels: "a picture's pixels do not fill its width and height"
    case .tooElongated(let width, let height):
      "a picture of \(width)x\(height) is too elongated for the image encoder"
    case .wrongSize(let found, let expected):
      "the image encoder reads pictures of \(expected)x\(expected) pixels, but its preprocessor gives "
        + "\(found.dropFirst().prefix(2).reversed().map(String.init).joined(separator: "x"))"
    case .noSuchLayer(let layer, let layers): "the image encoder has no layer \(layer) among its \(layers)"
    case .notFinite(let source):
      "\(source): the image encoder's states hold NaN or infinity; the file is damaged"
    }
  }
}
