/// A GGUF file's metadata. The typed accessors throw an error that names the key when it is missing or holds
/// something else; with a default, only when it holds something else.
public struct GGUFMetadata: Sendable {
  public let values: [String: GGUFValue]
  let file: String

  public subscript(key: String) -> GGUFValue? { values[key] }

  public func integer(_ key: String, default value: Int? = nil) throws(CheckpointError) -> Int {
    try read(key, value, "an integer") { if case .integer(let value) = $0 { value } else { nil } }
  }

  /// A floating-point value; integers count too.
  public func number(_ key: String, default value: Double? = nil) throws(CheckpointError) -> Double {
    try read(key, value, "a number") {
      switch $0 {
      case .number(let value): value
      case .integer(let value): Double(value)
      default: nil
      }
    }
  }

  public func bool(_ key: String, default value: Bool? = nil) throws(CheckpointError) -> Bool {
    try read(key, value, "a boolean") { if case .bool(let value) = $0 { value } else { nil } }
  }

  public func string(_ key: String, default value: String? = nil) throws(CheckpointError) -> String {
    try read(key, value, "a string") { if case .string(let value) = $0 { value } else { nil } }
  }

  public func integers(_ key: String, default value: [Int]? = nil) throws(CheckpointError) -> [Int] {
    try read(key, value, "an array of integers") { if case .integers(let value) = $0 { value } else { nil } }
  }

  public func numbers(_ key: String, default value: [Double]? = nil) throws(CheckpointError) -> [Double] {
    try read(key, value, "an array of numbers") { if case .numbers(let value) = $0 { value } else { nil } }
  }

  public func strings(_ key: String, default value: [String]? = nil) throws(CheckpointError) -> [String] {
    try read(key, value, "an array of strings") { if case .strings(let value) = $0 { value } else { nil } }
  }

  private func read<T>(_ key: String, _ fallback: T?, _ kind: String, as cast: (GGUFValue) -> T?)
    throws(CheckpointError) -> T
  {
    guard let found = values[key] else {
      if let fallback { return fallback }
      throw CheckpointError(file: file, fault: "has no metadata \(quoted(key))")
    }
    guard let value = cast(found) else {
      throw CheckpointError(file: file, fault: "metadata \(quoted(key)) is \(found.kind), expected \(kind)")
    }
    return value
  }
}
