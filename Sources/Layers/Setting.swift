/// A value in a model's JSON configuration.
package enum Setting: Decodable, Equatable, CustomStringConvertible {
  case null
  case flag(Bool)
  case number(Double)
  case string(String)
  case list([Setting])
  case object([String: Setting])

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([Setting].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: Setting].self))
    }
  }

  package var integer: Int? {
    if case .number(let value) = self { Int(exactly: value) } else { nil }
  }

  /// Whole numbers of the range, nil if anything else is among them.
  package func integers(in range: ClosedRange<Int>) -> [Int]? {
    guard case .list(let list) = self else { return nil }
    let values = list.compactMap(\.integer).filter(range.contains)
    return values.count == list.count ? values : nil
  }

  /// Null, false and empty collections change nothing.
  package var isNeutral: Bool {
    switch self {
    case .null, .flag(false): true
    case .list(let list): list.allSatisfy(\.isNeutral)
    case .object(let object): object.values.allSatisfy(\.isNeutral)
    default: false
    }
  }

  package var description: String {
    switch self {
    case .null: "null"
    case .flag(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .string(let value): "\"\(value.prefix(80))\""
    case .list(let list):
      "[" + list.prefix(16).map(\.description).joined(separator: ", ") + (list.count > 16 ? ", …]" : "]")
    case .object(let object): object.isEmpty ? "{}" : "{…}"
    }
  }
}
