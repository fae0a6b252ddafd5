/// Tensors that do not fit a model.
public enum InputError: Error, Equatable, CustomStringConvertible {
  case wrongShape(String, found: [Int], expected: String)
  /// Something that this model's configuration asks for was not given.
  case missing(String)
  /// A name or pattern that no self-attention layer's name contains.
  case unknownLayer(String)

  public var description: String {
    switch self {
    case .wrongShape(let what, let found, let expected):
      "\(what) have shape \(found), the model expects \(expected)"
    case .missing(let what): "the model needs \(what)"
    case .unknownLayer(let layer):
      "the model has no self-attention layer '\(layer)'; layers are named like mid, up_blocks.1 or "
        + "down_blocks.0.attentions.1"
    }
  }
}
