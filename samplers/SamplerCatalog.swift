/// All samplers, and the look-up by any of their names.
public enum SamplerCatalog {
  public static let all: [SamplerKind] = [
    .ddim, .ddpm, .plms, .ipndm, .euler, .eulerAncestral, .heun, .lms, .dpm2, .dpm2Ancestral, .dpmpp2s,
    .dpmpp2sAncestral, .dpmppSDE, .dpmpp2m, .dpmpp3m, .dpmpp2mSDE, .dpmpp2mSDEBrownian, .dpmpp2mSDEHeun,
    .dpmpp3mSDE, .dpmFast, .dpmAdaptive, .unipc, .unipcBH1, .deis, .saSolver, .erSDE,
    .resMultistep, .resMultistepAncestral, .gradientEstimation, .lcm, .tcd,
    .eulerCFGPP, .eulerAncestralCFGPP,
  ]

  /// By name or alias, without regard to case, spaces, `-` and `_`.
  public static func sampler(named name: String) throws(SamplerError) -> SamplerKind {
    try selection(named: name).sampler
  }

  /// The same for a name that may end in a schedule's, as in "DPM++ 2M Karras".
  public static func selection(
    named name: String
  ) throws(SamplerError) -> (sampler: SamplerKind, schedule: ScheduleName?) {
    let wanted = normalized(name)
    if let sampler = lookup[wanted] { return (all[sampler], nil) }
    for schedule in ScheduleName.allCases {
      for suffix in ([schedule.rawValue] + schedule.aliases).map(normalized) where wanted.hasSuffix(suffix) {
        if let index = lookup[String(wanted.dropLast(suffix.count))] { return (all[index], schedule) }
      }
    }
    throw .unknownSampler(name, available: all.map(\.name))
  }

  private static let lookup: [String: Int] = {
    var indices: [String: Int] = [:]
    for (index, kind) in all.enumerated() {
      for name in [kind.name] + kind.aliases { indices[normalized(name)] = index }
    }
    return indices
  }()

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
