/// A value in a GGUF file's metadata. Integers of all widths are one case, so are both floating-point types.
public indirect enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case numbers([Double])
  case bools([Bool])
  case strings([String])
  case arrays([GGUFValue])

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .integer: "an integer"
    case .number: "a number"
    case .bool: "a boolean"
    case .string: "a string"
    case .integers: "an array of integers"
    case .numbers: "an array of numbers"
    case .bools: "an array of booleans"
    case .strings: "an array of strings"
    case .arrays: "an array of arrays"
    }
  }
}
