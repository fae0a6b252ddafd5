/// What is wrong with a component's config.json.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case unreadable(source: String)
  case malformed(source: String)
  /// The setting would change the result in a way that is not implemented.
  case unsupported(setting: String, value: String, source: String)
  case invalid(setting: String, value: String, expected: String, source: String)

  public var description: String {
    switch self {
    case .unreadable(let source): "\(source): cannot be read"
    case .malformed(let source): "\(source): not a JSON object of settings"
    case .unsupported(let setting, let value, let source): "\(source): \(setting) \(value) is not supported"
    case .invalid(let setting, let value, let expected, let source):
      "\(source): \(setting) is \(value), expected \(expected)"
    }
  }
}

/// Tensors that do not fit a model.
public enum InputError: Error, Equatable, CustomStringConvertible {
  case wrongShape(String, found: [Int], expected: String)
  /// Something that this model's configuration asks for was not given.
  case missing(String)

  public var description: String {
    switch self {
    case .wrongShape(let what, let found, let expected): "\(what) have shape \(found), the model expects \(expected)"
    case .missing(let what): "the model needs \(what)"
    }
  }
}
