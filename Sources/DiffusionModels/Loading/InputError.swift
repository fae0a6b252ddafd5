/// Tensors that do not fit a model.
public enum InputError: Error, Equatable, CustomStringConvertible {
  case wrongShape(String, found: [Int], expected: String)
  /// Something that this model's configuration asks for was not given.
  case missing(String)

  public var description: String {
    switch self {
    case .wrongShape(let what, let found, let expected):
      "\(what) have shape \(found), the model expects \(expected)"
    case .missing(let what): "the model needs \(what)"
    }
  }
}
