/// All samplers, and the look-up by any of their names.
public enum SamplerCatalog {
  public static let all: [SamplerKind] = [
    .ddim, .ddpm, .plms, .euler, .eulerAncestral, .heun, .lms, .dpmpp2m, .dpmpp3m, .dpmpp2mSDE, .unipc,
  ]

  /// By name or alias, without regard to case, spaces, `-`, `_` and a leading `k_`.
  public static func sampler(named name: String) throws(SamplerError) -> SamplerKind {
    let wanted = normalized(name)
    for kind in all where ([kind.name] + kind.aliases).contains(where: { normalized($0) == wanted }) {
      return kind
    }
    throw .unknownSampler(name, available: all.map(\.name))
  }

  static func normalized(_ name: String) -> String {
    name.lowercased().filter { !" -_".contains($0) }
  }
}
