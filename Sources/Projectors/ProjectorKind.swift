/// The projectors there are, by the `_class_name` of their configuration.
public enum ProjectorKind: String, Sendable, CaseIterable {
  case linear = "LinearProjector"
  case gill = "GILLMapper"
  case nextGPT = "NExTGPTProjector"
  case miniGPT5 = "MiniGPT5Projector"
  case metaQuery = "MetaQueryConnector"

  var type: any Projector.Type {
    switch self {
    case .linear: LinearProjector.self
    case .gill: GILLMapper.self
    case .nextGPT: NExTGPTProjector.self
    case .miniGPT5: MiniGPT5Projector.self
    case .metaQuery: MetaQueryConnector.self
    }
  }

  /// Whether it contains a transformer: only `linear` does not.
  var hasTransformer: Bool { self != .linear }

  /// Whether learned queries read the states, so that the conditioning's length is free of the number of tokens.
  var hasDecoder: Bool { self == .gill || self == .nextGPT || self == .miniGPT5 }
}
