import Layers
import Tensors

/// Settings that several networks share.
extension Settings {
  /// Whether the file has the key at all, be it null.
  func names(_ key: String) -> Bool { peek(key) != nil }

  /// Whether the file gives the key a value.
  func gives(_ key: String) -> Bool { peek(key).map { $0 != .null } ?? false }

  /// The class that the file says it describes, if it says so.
  mutating func requireClass(_ name: String) throws(ConfigurationError) {
    if let found = try string("_class_name"), found != name {
      throw invalid("_class_name", .string(found), "\"\(name)\"")
    }
  }

  /// Sizes are for information: a number, or height and width.
  mutating func size(_ key: String) throws(ConfigurationError) -> [Int]? {
    guard let setting = take(key) else { return nil }
    let sides: Setting = if case .list = setting { setting } else { .list([setting, setting]) }
    guard let values = sides.integers(in: Settings.widths), values.count == 2 else {
      throw invalid(key, setting, "a size in pixels")
    }
    return values
  }

  mutating func activation(_ key: String) throws(ConfigurationError) -> Activation? {
    guard let name = try string(key) else { return nil }
    switch name.lowercased() {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "relu": return .relu
    default: throw unsupported(key, .string(name))
    }
  }

  mutating func oddKernel(_ key: String) throws(ConfigurationError) -> Int {
    let size = try integer(key, default: 3, in: 1...31)
    guard size % 2 == 1 else { throw unsupported(key, .number(Double(size))) }
    return size
  }

  mutating func epsilon(_ key: String, default fallback: Float) throws(ConfigurationError) -> Float {
    let value = try number(key, default: fallback)
    guard value >= 0 else { throw invalid(key, .number(Double(value)), "a number that is not negative") }
    return value
  }

  mutating func nonzero(_ key: String, default fallback: Float) throws(ConfigurationError) -> Float {
    let value = try number(key, default: fallback)
    guard value != 0 else { throw invalid(key, .number(0), "a number other than 0") }
    return value
  }

  func requireGroups(_ groups: Int, dividing channels: [Int]) throws(ConfigurationError) {
    for channels in channels where channels % groups != 0 {
      throw invalid("norm_num_groups", .number(Double(groups)), "a divisor of \(channels) channels")
    }
  }

  /// The frequencies of a timestep embedding are spread over `half − shift`, which must be positive.
  func requireShift(_ shift: Float, below half: Int) throws(ConfigurationError) {
    guard shift < Float(half) || half == 0 else {
      throw invalid("freq_shift", .number(Double(shift)), "less than \(half)")
    }
  }

  /// The depth of each of a block's transformers: one number for all, or one for each layer.
  func depths(_ key: String, _ setting: Setting, layers: Int) throws(ConfigurationError) -> [Int] {
    let list: Setting =
      if case .list = setting { setting } else { .list(Array(repeating: setting, count: layers)) }
    guard let depths = list.integers(in: Settings.depths), depths.count == layers else {
      throw invalid(key, setting, "a depth, or one for each of \(layers) layers")
    }
    return depths
  }
}
