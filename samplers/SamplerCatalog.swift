/// All samplers, and the look-up by any of their names.
public enum SamplerCatalog {
  public static let all: [SamplerKind] = [
    .ddim, .ddpm, .plms, .euler, .eulerAncestral, .heun, .lms, .dpm2, .dpm2Ancestral, .dpmpp2m, .dpmpp3m,
    .dpmpp2mSDE,
    .unipc, .deis, .lcm, .tcd, .eulerCFGPP, .eulerAncestralCFGPP,
  ]

  /// By name or alias, without regard to case, spaces, `-`, `_` and a leading `k_`.
  public static func sampler(named name: String) throws(SamplerError) -> SamplerKind {
    let wanted = normalized(name)
    for kind in all where ([kind.name] + kind.aliases).contains(where: { normalized($0) == wanted }) {
      return kind
    }
    throw .unknownSampler(name, available: all.map(\.name))
  }

  /// The sampler that a model's configuration names: the class, and where one class is several samplers, its settings.
  public static func sampler(for configuration: SchedulerConfiguration) throws(SamplerError) -> SamplerKind {
    guard let name = configuration.className else { return .ddim }
    let kind = try sampler(named: name)
    guard kind.name == SamplerKind.dpmpp2m.name else { return kind }
    let isStochastic = configuration.others["algorithm_type"] == "sde-dpmsolver++"
    switch (configuration.others["solver_order"] ?? "2", isStochastic) {
    case ("2", false): return .dpmpp2m
    case ("2", true): return .dpmpp2mSDE
    case ("3", false): return .dpmpp3m
    case (let order, _): throw .unsupportedSetting("solver_order", value: order)
    }
  }

  static func normalized(_ name: String) -> String {
    name.lowercased().filter { !" -_".contains($0) }
  }
}
