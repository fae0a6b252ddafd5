import Foundation

/// A `config.json` read key by key; a value of the wrong type is an error that names the key.
struct ConfigurationFile {
  private let members: [String: Value]
  private let prefix: String
  let source: String

  init(contentsOf url: URL) throws(LanguageModelError) {
    source = url.path
    prefix = ""
    guard let data = try? Data(contentsOf: url) else { throw .notFound("cannot read \(url.path)") }
    guard let members = try? JSONDecoder().decode([String: Value].self, from: data) else {
      throw .badConfiguration("not a JSON object", source: url.path)
    }
    self.members = members
  }

  private init(members: [String: Value], prefix: String, source: String) {
    (self.members, self.prefix, self.source) = (members, prefix, source)
  }

  /// Whether the key is there and not null.
  func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

  func integer(_ key: String) throws(LanguageModelError) -> Int {
    guard let value = try optionalInteger(key) else { throw missing(key) }
    return value
  }

  func optionalInteger(_ key: String) throws(LanguageModelError) -> Int? {
    switch members[key] {
    case nil, .null: return nil
    case .integer(let value): return value
    default: throw wrong(key, "an integer")
    }
  }

  func number(_ key: String) throws(LanguageModelError) -> Double {
    guard let value = try optionalNumber(key) else { throw missing(key) }
    return value
  }

  func optionalNumber(_ key: String) throws(LanguageModelError) -> Double? {
    switch members[key] {
    case nil, .null: return nil
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw wrong(key, "a number")
    }
  }

  func flag(_ key: String, default fallback: Bool = false) throws(LanguageModelError) -> Bool {
    switch members[key] {
    case nil, .null: return fallback
    case .flag(let value): return value
    default: throw wrong(key, "true or false")
    }
  }

  func optionalString(_ key: String) throws(LanguageModelError) -> String? {
    switch members[key] {
    case nil, .null: return nil
    case .string(let value): return value
    default: throw wrong(key, "a string")
    }
  }

  /// One integer, or a list of them.
  func integers(_ key: String) throws(LanguageModelError) -> [Int] {
    switch members[key] {
    case nil, .null: return []
    case .integer(let value): return [value]
    case .array(let values):
      return try values.map { (value) throws(LanguageModelError) in
        guard case .integer(let id) = value else { throw wrong(key, "a list of integers") }
        return id
      }
    default: throw wrong(key, "an integer or a list of them")
    }
  }

  /// A nested object; nil if there is none.
  func object(_ key: String) throws(LanguageModelError) -> ConfigurationFile? {
    switch members[key] {
    case nil, .null: return nil
    case .object(let value): return Self(members: value, prefix: prefix + key + ".", source: source)
    default: throw wrong(key, "an object")
    }
  }

  func unsupported(_ what: String) -> LanguageModelError { .unsupported(what, source: source) }

  private func missing(_ key: String) -> LanguageModelError {
    .badConfiguration("\(prefix + key) is missing", source: source)
  }

  private func wrong(_ key: String, _ expected: String) -> LanguageModelError {
    .badConfiguration("\(prefix + key) must be \(expected)", source: source)
  }

  enum Value: Decodable, Equatable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .flag(value)
      } else if let value = try? container.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([Value].self) {
        self = .array(value)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }
  }
}
