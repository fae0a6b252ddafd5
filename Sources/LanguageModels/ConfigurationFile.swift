import Foundation
import Layers

/// A `config.json` read key by key; a value of the wrong type is an error that names the key.
struct ConfigurationFile {
  private let members: [String: Setting]
  private let prefix: String
  let source: String

  init(contentsOf url: URL) throws(LanguageModelError) {
    source = url.path
    prefix = ""
    guard let data = try? Data(contentsOf: url) else { throw .notFound("cannot read \(url.path)") }
    guard let members = try? JSONDecoder().decode([String: Setting].self, from: data) else {
      throw .badConfiguration("not a JSON object", source: url.path)
    }
    self.members = members
  }

  private init(members: [String: Setting], prefix: String, source: String) {
    (self.members, self.prefix, self.source) = (members, prefix, source)
  }

  /// Whether the key is there and not null.
  func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

  func integer(_ key: String) throws(LanguageModelError) -> Int {
    guard let value = try optionalInteger(key) else { throw missing(key) }
    return value
  }

  func optionalInteger(_ key: String) throws(LanguageModelError) -> Int? {
    guard has(key) else { return nil }
    guard let value = members[key]?.integer else { throw wrong(key, "an integer") }
    return value
  }

  func number(_ key: String) throws(LanguageModelError) -> Double {
    guard let value = try optionalNumber(key) else { throw missing(key) }
    return value
  }

  func optionalNumber(_ key: String) throws(LanguageModelError) -> Double? {
    switch members[key] {
    case nil, .null: return nil
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
    case .list(let values):
      return try values.map { (value) throws(LanguageModelError) in
        guard let id = value.integer else { throw wrong(key, "a list of integers") }
        return id
      }
    case let value?:
      guard let id = value.integer else { throw wrong(key, "an integer or a list of them") }
      return [id]
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
}
