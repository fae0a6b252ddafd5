/// The classes that pre-tokenizers tell apart: `\p{L}`, `\p{N}`, `\s` and the rest.
enum CharacterClass: UInt8, Sendable {
  case letter
  case number
  case space
  case other

  init(_ scalar: Unicode.Scalar) {
    self = scalar.value < 0x80 ? Self.ascii[Int(scalar.value)] : Self(lookingUp: scalar)
  }

  private static let ascii: [Self] = (0..<0x80).map { Self(lookingUp: Unicode.Scalar(UInt8($0))) }

  private init(lookingUp scalar: Unicode.Scalar) {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = Self.isKnown(properties) ? .letter : .other
    case .decimalNumber, .letterNumber, .otherNumber: self = Self.isKnown(properties) ? .number : .other
    default: self = properties.isWhitespace ? .space : .other
    }
  }

  /// The regular expressions of the reference library know Unicode 16. Without this the classes of later characters
  /// would depend on the Swift release.
  private static func isKnown(_ properties: Unicode.Scalar.Properties) -> Bool {
    properties.age.map { $0.major <= 16 } ?? false
  }
}
