import Foundation

/// A model's JSON configuration that cannot be honoured, in one line that names the file and the key.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let fault: String

  public init(_ fault: String, file: String = "configuration") {
    self.file = file
    self.fault = fault
  }

  public var description: String { "\(file): \(fault)" }
}

/// Reads a model's `config.json`.
public func readConfiguration<T: Decodable>(
  _ type: T.Type, at file: URL
) throws(ConfigurationError) -> T {
  let data: Data
  do {
    data = try Data(contentsOf: file)
  } catch {
    throw ConfigurationError("cannot be read", file: file.path)
  }
  return try readConfiguration(type, from: data, file: file.path)
}

/// Reads a configuration's JSON; `file` names it in errors.
public func readConfiguration<T: Decodable>(
  _ type: T.Type, from data: Data, file: String
) throws(ConfigurationError) -> T {
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch let error as ConfigurationError {
    throw ConfigurationError(error.fault, file: file)
  } catch let error as DecodingError {
    throw ConfigurationError(error.fault, file: file)
  } catch {
    throw ConfigurationError("is not JSON", file: file)
  }
}

extension Decoder {
  /// Refuses an object's keys that are not `known`: a setting that nobody reads would be a wish ignored. Null values and
  /// metadata, whose keys start with `_`, say nothing.
  public func refuseKeys(otherThan known: Set<String>) throws {
    let values = try container(keyedBy: AnyKey.self)
    for name in values.allKeys.map(\.stringValue).sorted() where !known.contains(name) && !name.hasPrefix("_")
    {
      guard try values.decodeNil(forKey: AnyKey(stringValue: name)) else {
        throw ConfigurationError("the setting \(name.prefix(100)) is unknown")
      }
    }
  }
}

extension KeyedDecodingContainer {
  /// A whole number. (Asked for an `Int`, `JSONDecoder` answers 1.5 with “not valid JSON” and no key.)
  public func integer(forKey key: Key) throws -> Int {
    do {
      if let value = Int(exactly: try decode(Double.self, forKey: key)) { return value }
    } catch DecodingError.typeMismatch {}
    throw ConfigurationError("\(key.stringValue) must be an integer")
  }

  /// A whole number, nil where the key is absent or null.
  public func integerIfPresent(forKey key: Key) throws -> Int? {
    guard contains(key), try !decodeNil(forKey: key) else { return nil }
    return try integer(forKey: key)
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension DecodingError {
  fileprivate var fault: String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])) is missing"
    case .typeMismatch(let type, let context) where !context.codingPath.isEmpty,
      .valueNotFound(let type, let context) where !context.codingPath.isEmpty:
      return "\(path(context.codingPath)) must be \(Self.name(of: type))"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "\(path(context.codingPath)) has an impossible value"
    default: return "is not a JSON object"
    }
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is Int.Type: "an integer"
    case is Double.Type, is Float.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a string"
    default: "a list"
    }
  }
}
