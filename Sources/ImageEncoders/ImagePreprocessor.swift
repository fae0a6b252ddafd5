import Foundation
import Layers
import Tensors

/// What transformers' `CLIPImageProcessor` does to a picture before the encoder sees it, by its `preprocessor_config.json`:
/// resize, crop, scale, normalize.
public struct ImagePreprocessor: Sendable {
  enum Size: Equatable {
    case shortestEdge(Int)
    case exact(width: Int, height: Int)
  }

  var size: Size? = .shortestEdge(224)
  var crop: (width: Int, height: Int)? = (224, 224)
  var filter = ResizeFilter.bicubic
  var rescale: Float? = 1 / 255
  var mean: [Float]? = [0.48145466, 0.4578275, 0.40821073]
  var deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]

  /// CLIP's own settings.
  public init() {}

  /// Reads `preprocessor_config.json`; what it leaves out is CLIP's.
  public init(contentsOf file: URL) throws(ConfigurationError) {
    self.init()
    let values = try readConfiguration([String: Setting].self, at: file)
    do {
      try read(values)
    } catch {
      throw ConfigurationError(error.fault, file: file.path)
    }
  }

  /// RGB pixels, row by row → (1, H, W, 3).
  public func callAsFunction(_ values: [UInt8], width: Int, height: Int) throws(ImageEncoderError) -> Tensor {
    guard width > 0, height > 0, values.count == width * height * 3 else { throw .wrongPixels }
    var pixels = RGBPixels(width: width, height: height, values: values)
    if let size {
      let (newWidth, newHeight) = try target(size, width: width, height: height)
      pixels = pixels.resized(width: newWidth, height: newHeight, filter)
    }
    if let crop { pixels = pixels.centerCropped(width: crop.width, height: crop.height) }
    let scale = rescale ?? 1
    let floats = pixels.values.enumerated().map { index, value in
      let scaled = Float(value) * scale
      return mean.map { (scaled - $0[index % 3]) / deviation[index % 3] } ?? scaled
    }
    return Tensor(floats, shape: [1, pixels.height, pixels.width, 3])
  }

  private func target(_ size: Size, width: Int, height: Int) throws(ImageEncoderError) -> (Int, Int) {
    switch size {
    case .exact(let width, let height): return (width, height)
    case .shortestEdge(let edge):
      let (short, long) = (min(width, height), max(width, height))
      let longEdge = Int(Double(edge * long) / Double(short))
      guard longEdge <= 1 << 16 else { throw .tooElongated(width: width, height: height) }
      return width <= height ? (edge, longEdge) : (longEdge, edge)
    }
  }

  // MARK: Reading

  private mutating func read(_ values: [String: Setting]) throws(ConfigurationError) {
    func flag(_ key: String) throws(ConfigurationError) -> Bool {
      switch values[key] {
      case nil, .null: return true
      case .flag(let value): return value
      default: throw ConfigurationError("\(key) must be true or false")
      }
    }
    if let value = values["size"], value != .null { size = try Self.size(value, "size") }
    if try !flag("do_resize") { size = nil }
    if let value = values["crop_size"], value != .null {
      switch try Self.size(value, "crop_size") {
      case .shortestEdge(let edge): crop = (edge, edge)
      case .exact(let width, let height): crop = (width, height)
      }
    }
    if try !flag("do_center_crop") { crop = nil }
    if let value = values["resample"], value != .null {
      guard let known = value.integer.flatMap(ResizeFilter.init) else {
        throw ConfigurationError("resample must be 3 (bicubic) or 2 (bilinear), but is \(value)")
      }
      filter = known
    }
    if case .number(let factor)? = values["rescale_factor"] {
      guard factor.isFinite else { throw ConfigurationError("rescale_factor is not a number") }
      rescale = Float(factor)
    }
    if try !flag("do_rescale") { rescale = nil }
    if let value = values["image_mean"], value != .null { mean = try Self.channels(value, "image_mean") }
    if let value = values["image_std"], value != .null { deviation = try Self.channels(value, "image_std") }
    guard !deviation.contains(0) else { throw ConfigurationError("image_std must not hold 0") }
    if try !flag("do_normalize") { mean = nil }
  }

  private static func size(_ value: Setting, _ key: String) throws(ConfigurationError) -> Size {
    func edge(_ value: Setting?) throws(ConfigurationError) -> Int {
      guard let edge = value?.integer, (1...4096).contains(edge) else {
        throw ConfigurationError("\(key) must be of whole numbers from 1 to 4096")
      }
      return edge
    }
    guard case .object(let object) = value else { return .shortestEdge(try edge(value)) }
    if let shortest = object["shortest_edge"], shortest != .null { return .shortestEdge(try edge(shortest)) }
    return .exact(width: try edge(object["width"]), height: try edge(object["height"]))
  }

  private static func channels(_ value: Setting, _ key: String) throws(ConfigurationError) -> [Float] {
    guard case .list(let list) = value, list.count == 3 else {
      throw ConfigurationError("\(key) must be a list of 3 numbers")
    }
    return try list.map { (item) throws(ConfigurationError) in
      guard case .number(let number) = item, number.isFinite else {
        throw ConfigurationError("\(key) must be a list of 3 numbers")
      }
      return Float(number)
    }
  }
}
