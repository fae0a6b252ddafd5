/// A sampler that can be asked for by name: what it is, and how it is set up from a model's configuration.
public struct SamplerKind: Sendable {
  typealias Build =
    @Sendable (SchedulerConfiguration, SamplerOptions, ScheduleName) throws(SamplerError) -> SamplingPlan

  public let name: String
  /// The names that diffusers, A1111, ComfyUI and stable-diffusion.cpp use; compared without case and punctuation.
  public let aliases: [String]
  /// The name in the form that A1111's web UI writes into pictures.
  public var title: String {
    switch name {
    case "euler": "Euler"
    case "euler_a": "Euler a"
    case "heun": "Heun"
    case "unipc": "UniPC"
    case "dpm2_a": "DPM2 a"
    case "euler_cfg_pp": "Euler CFG++"
    case "euler_a_cfg_pp": "Euler a CFG++"
    default: name.uppercased().replacing("++", with: "++ ").replacing("_", with: " ")
    }
  }

  public let summary: String
  public let paper: String
  public let order: Int
  public let evaluationsPerStep: Int
  public let isStochastic: Bool
  public let schedules: [ScheduleName]
  public let defaultSchedule: ScheduleName
  /// Settings that the sampler has in diffusers, but only with these values here.
  let accepted: [String: [String]]
  private let build: Build

  init(
    name: String, aliases: [String], summary: String, paper: String, order: Int, evaluationsPerStep: Int,
    isStochastic: Bool, schedules: [ScheduleName], defaultSchedule: ScheduleName,
    accepted: [String: [String]] = [:],
    build: @escaping Build
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.paper = paper
    self.order = order
    self.evaluationsPerStep = evaluationsPerStep
    self.isStochastic = isStochastic
    self.schedules = schedules
    self.defaultSchedule = defaultSchedule
    self.accepted = accepted
    self.build = build
  }

  /// Sets the sampler up as diffusers' `from_config` does: a setting of the configuration that this sampler takes
  /// holds, others are its own defaults.
  public func plan(
    _ configuration: SchedulerConfiguration, _ options: SamplerOptions
  ) throws(SamplerError) -> SamplingPlan {
    for (setting, values) in accepted {
      if let value = configuration.others[setting], !values.contains(value) {
        throw .unsupportedSetting(setting, value: value)
      }
    }
    let schedule = options.schedule ?? configuration.schedule(for: self)
    guard schedules.contains(schedule) else {
      throw .unsupportedSchedule(schedule.rawValue, sampler: name, available: schedules.map(\.rawValue))
    }
    return try build(configuration, options, schedule)
  }
}

/// What a user may choose beside the model's configuration.
public struct SamplerOptions: Sendable, Equatable {
  public var stepCount: Int
  /// Nil: as the model's configuration says.
  public var schedule: ScheduleName?
  /// Noise added by DDIM, 0…1.
  public var eta: Double

  public init(stepCount: Int, schedule: ScheduleName? = nil, eta: Double = 0) {
    self.stepCount = stepCount
    self.schedule = schedule
    self.eta = eta
  }
}
