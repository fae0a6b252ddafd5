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
    case "dpm++2s_a": "DPM++ 2S a"
    case "dpm_fast": "DPM fast"
    case "dpm_adaptive": "DPM adaptive"
    case "dpm++2m_sde_heun": "DPM++ 2M SDE Heun"
    default: name.uppercased().replacing("++", with: "++ ").replacing("_", with: " ")
    }
  }

  public let summary: String
  public let paper: String
  public let order: Int
  public let evaluationsPerStep: Int
  /// How many evaluations N steps take.
  public var evaluations: String {
    switch (name, evaluationsPerStep) {
    case ("dpm_adaptive", _): "3 a part"
    case ("plms", _): "N + 1"
    case (_, 1): "N"
    default: "\(evaluationsPerStep)N − 1"
    }
  }

  public let isStochastic: Bool
  public let schedules: [ScheduleName]
  public let defaultSchedule: ScheduleName
  /// The schedules that a model's configuration can ask for; the others need a user.
  let configuredSchedules: [ScheduleName]
  /// Settings that the sampler has in diffusers, but only with these values here.
  let accepted: [String: [String]]
  /// Whether the sampler heeds a configuration that asks for zero terminal SNR. In diffusers only some do.
  let takesZeroTerminalSNR: Bool
  /// Which levels can be given one by one.
  let takesLevels: GivenLevels
  private let build: Build

  init(
    name: String, aliases: [String], summary: String, paper: String, order: Int, evaluationsPerStep: Int,
    isStochastic: Bool, schedules: [ScheduleName], defaultSchedule: ScheduleName,
    accepted: [String: [String]] = [:], takesZeroTerminalSNR: Bool = false,
    takesLevels: GivenLevels = .sigmas, configuredSchedules: [ScheduleName]? = nil,
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
    self.configuredSchedules = configuredSchedules ?? schedules
    self.accepted = accepted
    self.takesZeroTerminalSNR = takesZeroTerminalSNR
    self.takesLevels = takesLevels
    self.build = build
  }

  /// Sets the sampler up as diffusers' `from_config` does: a setting of the configuration that this sampler takes
  /// holds, others are its own defaults.
  public func plan(
    _ configuration: SchedulerConfiguration, _ options: SamplerOptions
  ) throws(SamplerError) -> SamplingPlan {
    let options = try checked(options)
    var configuration = configuration
    configuration.rescalesToZeroTerminalSNR =
      options.zeroTerminalSNR || configuration.rescalesToZeroTerminalSNR && takesZeroTerminalSNR
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

  /// Levels given one by one settle the number of steps.
  private func checked(_ options: SamplerOptions) throws(SamplerError) -> SamplerOptions {
    var options = options
    guard options.sigmas == nil || options.timesteps == nil else {
      throw .givenLevels("sigmas and timesteps exclude each other")
    }
    if let rho = options.rho, !(rho.isFinite && rho > 0) {
      throw .givenLevels("rho \(rho) is not a positive number")
    }
    if let sigmas = options.sigmas {
      guard takesLevels == .sigmas else { throw .givenLevels("sampler '\(name)' takes no sigmas") }
      let isUsable = sigmas.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= 1e6 }
      guard isUsable, zip(sigmas, sigmas.dropFirst()).allSatisfy({ Float($0) > Float($1) }) else {
        throw .givenLevels("sigmas must descend, from at most 1000000 to at least 0")
      }
      guard (2...1001).contains(sigmas.count) else {
        throw .givenLevels(
          "\(sigmas.count) sigmas; there must be 2...1001, the last being where the run ends")
      }
      options.stepCount = sigmas.count - 1
    }
    if let timesteps = options.timesteps {
      guard takesLevels != .none else { throw .givenLevels("sampler '\(name)' takes no timesteps") }
      guard (1...1000).contains(timesteps.count), timesteps.allSatisfy({ $0 >= 0 }),
        zip(timesteps, timesteps.dropFirst()).allSatisfy(>)
      else { throw .givenLevels("timesteps must be 1...1000 descending numbers of at least 0") }
      options.stepCount = timesteps.count
    }
    return options
  }
}

/// What a user may choose beside the model's configuration.
public struct SamplerOptions: Sendable, Equatable {
  public var stepCount: Int
  /// Nil: as the model's configuration says.
  public var schedule: ScheduleName?
  /// Noise added by DDIM, 0…1.
  public var eta: Double
  /// The bend of the Karras and polyexponential schedules; nil: 7 and 1.
  public var rho: Double?
  /// Descending levels that take the schedule's place, the last of them being where the run ends: zero as a rule.
  public var sigmas: [Double]?
  /// Descending training timesteps that take the schedule's place.
  public var timesteps: [Int]?
  /// Rescales the schedule to zero terminal SNR also where the model's configuration does not ask for it.
  public var zeroTerminalSNR: Bool

  public init(
    stepCount: Int, schedule: ScheduleName? = nil, eta: Double = 0, rho: Double? = nil,
    sigmas: [Double]? = nil, timesteps: [Int]? = nil, zeroTerminalSNR: Bool = false
  ) {
    self.stepCount = stepCount
    self.schedule = schedule
    self.eta = eta
    self.rho = rho
    self.sigmas = sigmas
    self.timesteps = timesteps
    self.zeroTerminalSNR = zeroTerminalSNR
  }

  /// The timesteps that were given, if they are of the trained schedule.
  func timesteps(trained: Int) throws(SamplerError) -> [Int]? {
    guard let timesteps, let first = timesteps.first else { return nil }
    guard first < trained else { throw .timestep(first, trained: trained) }
    return timesteps
  }
}

/// The levels that a sampler can be given one by one: any σ (and so any timestep), training timesteps, or none.
enum GivenLevels: Sendable { case sigmas, timesteps, none }
