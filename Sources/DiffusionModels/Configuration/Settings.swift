import Foundation
import Layers

/// A component's config.json while it is read. Each setting is taken out and checked; what is left at the end must be
/// neutral, so that no setting which would change the result is passed over in silence.
struct Settings {
  private var values: [String: Setting]
  let source: String

  init(contentsOf url: URL) throws(ConfigurationError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw ConfigurationError("cannot be read", file: url.path)
    }
    try self.init(data, source: url.path)
  }

  init(_ json: Data, source: String) throws(ConfigurationError) {
    do {
      values = try JSONDecoder().decode([String: Setting].self, from: json)
    } catch {
      throw ConfigurationError("is not a JSON object", file: source)
    }
    self.source = source
  }

  // MARK: Taking settings

  /// The setting, nil where the file does not name it or names null.
  mutating func take(_ key: String) -> Setting? {
    let value = values.removeValue(forKey: key)
    return value == .null ? nil : value
  }

  /// The setting as it stands, left in place.
  func peek(_ key: String) -> Setting? { values[key] }

  mutating func flag(_ key: String, default fallback: Bool = false) throws(ConfigurationError) -> Bool {
    switch take(key) {
    case nil: return fallback
    case .flag(let value): return value
    case let other?: throw invalid(key, other, "true or false")
    }
  }

  mutating func integer(
    _ key: String, default fallback: Int, in range: ClosedRange<Int> = Settings.widths
  ) throws(ConfigurationError) -> Int {
    try optionalInteger(key, in: range) ?? fallback
  }

  mutating func optionalInteger(
    _ key: String, in range: ClosedRange<Int> = Settings.widths
  ) throws(ConfigurationError) -> Int? {
    guard let setting = take(key) else { return nil }
    guard let value = setting.integer, range.contains(value) else {
      throw invalid(key, setting, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A finite number.
  mutating func number(_ key: String, default fallback: Float) throws(ConfigurationError) -> Float {
    guard let setting = take(key) else { return fallback }
    guard case .number(let value) = setting, Float(value).isFinite else {
      throw invalid(key, setting, "a number")
    }
    return Float(value)
  }

  mutating func string(_ key: String) throws(ConfigurationError) -> String? {
    guard let setting = take(key) else { return nil }
    guard case .string(let value) = setting else { throw invalid(key, setting, "a name") }
    return value
  }

  /// One of the names that a type knows.
  mutating func choice<Choice: RawRepresentable<String>>(
    _ key: String, default fallback: Choice
  ) throws(ConfigurationError) -> Choice {
    guard let name = try string(key) else { return fallback }
    guard let choice = Choice(rawValue: name) else { throw unsupported(key, .string(name)) }
    return choice
  }

  /// A list of names, each known to a type.
  mutating func choices<Choice: RawRepresentable<String>>(
    _ key: String, default fallback: [Choice]
  ) throws(ConfigurationError) -> [Choice] {
    guard let setting = take(key) else { return fallback }
    guard case .list(let list) = setting, Settings.blockCounts.contains(list.count) else {
      throw invalid(key, setting, "a list of block types")
    }
    var choices: [Choice] = []
    for item in list {
      guard case .string(let name) = item else { throw invalid(key, setting, "a list of block types") }
      guard let choice = Choice(rawValue: name) else { throw unsupported(key, item) }
      choices.append(choice)
    }
    return choices
  }

  /// A list of whole numbers with at least one of them.
  mutating func integers(
    _ key: String, default fallback: [Int], in range: ClosedRange<Int> = Settings.widths
  ) throws(ConfigurationError) -> [Int] {
    guard let setting = take(key) else { return fallback }
    guard let list = setting.integers(in: range), Settings.blockCounts.contains(list.count) else {
      throw invalid(key, setting, "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return list
  }

  /// One value for each block: given as a list, or as one value for all.
  mutating func perBlock(
    _ key: String, blocks: Int, default fallback: Setting
  ) throws(ConfigurationError) -> [Setting] {
    let setting = take(key) ?? fallback
    guard case .list(let list) = setting else { return Array(repeating: setting, count: blocks) }
    guard list.count == blocks else { throw invalid(key, setting, "one value for each of \(blocks) blocks") }
    return list
  }

  /// One whole number for each block.
  mutating func integersPerBlock(
    _ key: String, blocks: Int, default fallback: Int, in range: ClosedRange<Int> = Settings.widths
  ) throws(ConfigurationError) -> [Int] {
    let list = try perBlock(key, blocks: blocks, default: .number(Double(fallback)))
    guard let values = Setting.list(list).integers(in: range) else {
      throw invalid(
        key, .list(list), "whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return values
  }

  /// Fails unless the setting is absent, null, or the only value that is supported.
  mutating func require(_ key: String, _ only: Setting = .null) throws(ConfigurationError) {
    if let setting = take(key), setting != only, !setting.isNeutral { throw unsupported(key, setting) }
  }

  /// Fails if a setting is left that is not neutral. Keys with a leading underscore, and those named here, carry nothing
  /// that a result depends on.
  func verifyAllTaken(ignoring informational: Set<String>) throws(ConfigurationError) {
    for (key, value) in values.sorted(by: { $0.key < $1.key })
    where !value.isNeutral && !key.hasPrefix("_") && !informational.contains(key) {
      throw unsupported(key, value)
    }
  }

  // MARK: Limits

  /// Widths beyond this are a damaged or hostile file: products of a few of them stay far from overflow.
  static let widths = 1...(1 << 16)
  static let blockCounts = 1...16
  static let depths = 0...256

  // MARK: Errors

  func unsupported(_ key: String, _ value: Setting) -> ConfigurationError {
    ConfigurationError("\(key.prefix(80)) \(value) is not supported", file: source)
  }

  func invalid(_ key: String, _ value: Setting, _ expected: String) -> ConfigurationError {
    ConfigurationError("\(key) is \(value), expected \(expected)", file: source)
  }
}
