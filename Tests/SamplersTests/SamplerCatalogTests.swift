import Foundation
import Tensors
import Testing

@testable import Samplers

struct SamplerCatalogTests {
  @Test(arguments: ["ddim", "DDIM", "DDIMScheduler", "ddim_scheduler"]) func aliases(_ name: String) throws {
    #expect(try SamplerCatalog.sampler(named: name).name == "ddim")
  }

  @Test(arguments: [
    (#"{}"#, "ddim"), (#"{"_class_name": "PNDMScheduler"}"#, "plms"),
    (#"{"_class_name": "EulerAncestralDiscreteScheduler"}"#, "euler_a"),
    (#"{"_class_name": "DPMSolverMultistepScheduler"}"#, "dpm++2m"),
    (#"{"_class_name": "DPMSolverMultistepScheduler", "solver_order": 3}"#, "dpm++3m"),
    (#"{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver++"}"#, "dpm++2m_sde"),
    (#"{"_class_name": "UniPCMultistepScheduler"}"#, "unipc"),
  ]) func aConfigurationNamesItsSampler(json: String, name: String) throws {
    let configuration = try SchedulerConfiguration(data: Data(json.utf8))
    #expect(try SamplerCatalog.sampler(for: configuration).name == name)
  }

  /// The names of other programs, with a schedule's behind them or not.
  @Test(arguments: [
    ("DPM++ 2M Karras", "dpm++2m", ScheduleName.karras),
    ("DPM++ 2M SDE Exponential", "dpm++2m_sde", .exponential),
    ("Euler a", "euler_a", nil), ("euler_ancestral", "euler_a", nil),
    ("DPM++ 2S a Karras", "dpm++2s_a", .karras),
    ("k_dpmpp_sde", "dpm++sde", nil), ("DPM++ SDE Karras", "dpm++sde", .karras),
    ("DPM fast", "dpm_fast", nil),
    ("dpmpp_3m_sde_gpu", "dpm++3m_sde", nil), ("uni_pc_bh2", "unipc", nil), ("uni_pc_bh1", "unipc_bh1", nil),
    ("DPMSolverSDEScheduler", "dpm++sde", nil), ("DPM2 a Karras", "dpm2_a", .karras),
    ("LMS Karras", "lms", .karras),
    ("Euler SGM Uniform", "euler", .sgmUniform), ("er_sde", "er_sde", nil),
    ("euler simple", "euler", .simple),
    ("DPM++ 3M SDE Exponential", "dpm++3m_sde", .exponential), ("ddim", "ddim", nil),
    ("Euler AYS", "euler", .alignYourSteps),
  ]) func namesOfOtherPrograms(name: String, sampler: String, schedule: ScheduleName?) throws {
    let selection = try SamplerCatalog.selection(named: name)
    #expect(selection.sampler.name == sampler)
    #expect(selection.schedule == schedule)
  }

  @Test func aSettingWithoutImplementationIsNamed() throws {
    let json = #"{"_class_name": "EulerDiscreteScheduler", "interpolation_type": "log_linear"}"#
    let configuration = try SchedulerConfiguration(data: Data(json.utf8))
    #expect(throws: SamplerError.unsupportedSetting("interpolation_type", value: "log_linear")) {
      try SamplerKind.euler.plan(configuration, SamplerOptions(stepCount: 5))
    }
    // Another sampler does not have the setting, as in diffusers' `from_config`.
    _ = try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 5))
  }

  @Test func noNameMeansTwoSamplers() {
    var seen: [String: String] = [:]
    for kind in SamplerCatalog.all {
      for name in Set(([kind.name] + kind.aliases).map(SamplerCatalog.normalized)) {
        #expect(seen[name] == nil, "\(name) is \(seen[name] ?? "") and \(kind.name)")
        seen[name] = kind.name
      }
    }
  }

  @Test func anUnknownNameListsThoseThatExist() {
    let error = #expect(throws: SamplerError.self) { try SamplerCatalog.sampler(named: "magic") }
    #expect(error?.description.contains("ddim") == true)
  }

  @Test(arguments: SamplerCatalog.all.map(\.name)) func stepCountsOutOfRangeAreErrors(_ name: String) throws {
    let kind = try SamplerCatalog.sampler(named: name)
    for count in [-1, 0, 1001, Int.max] {
      let most = ["lcm", "tcd"].contains(name) ? 50 : 1000
      #expect(throws: SamplerError.stepCount(count, allowed: 1...most)) {
        try kind.plan(SchedulerConfiguration(), SamplerOptions(stepCount: count))
      }
    }
  }

  /// diffusers' `from_config` drops the setting where a scheduler does not have it; a user can still ask for it.
  @Test func zeroTerminalSNRHoldsWhereTheSamplerHasIt() throws {
    var configuration = SchedulerConfiguration()
    configuration.rescalesToZeroTerminalSNR = true
    func highest(_ kind: SamplerKind, _ asked: Bool) throws -> Double {
      try kind.plan(configuration, SamplerOptions(stepCount: 5, zeroTerminalSNR: asked)).steps[0].from.sigma
    }
    for kind in [SamplerKind.euler, .eulerAncestral, .dpmpp2m, .unipc, .erSDE] {
      #expect(try highest(kind, false) > 4000, "\(kind.name)")
    }
    for kind in [SamplerKind.heun, .lms, .dpm2, .deis, .dpmpp2s, .saSolver, .dpmppSDE] {
      #expect(try highest(kind, false) < 200, "\(kind.name)")
      #expect(try highest(kind, true) > 4000, "\(kind.name)")
    }
  }

  @Test func givenLevelsTakeTheSchedulesPlace() throws {
    let configuration = SchedulerConfiguration()
    let sigmas = [10, 3, 0.5, 0]
    for kind in SamplerCatalog.all where kind.takesLevels == .sigmas && !kind.name.hasPrefix("dpm_") {
      let plan = try kind.plan(configuration, SamplerOptions(stepCount: 30, sigmas: sigmas))
      for (step, sigma) in zip(plan.steps, sigmas) { #expect(abs(step.from.sigma - sigma) < 1e-6) }
      #expect(plan.steps.count == 3 && abs(plan.steps[2].to.sigma) < 0.02)
    }
    for kind in SamplerCatalog.all where kind.takesLevels != .none && !kind.name.hasPrefix("dpm_") {
      let plan = try kind.plan(configuration, SamplerOptions(stepCount: 30, timesteps: [900, 500, 20]))
      #expect(plan.steps.map(\.from.timestep) == [900, 500, 20], "\(kind.name)")
    }
  }

  @Test func unusableLevelsAreErrors() throws {
    let lists: [[Double]] = [[], [1], [1, 2], [1, 1, 0], [.nan, 0], [.infinity, 0], [1, -1], [1e9, 0]]
    for sigmas in lists {
      #expect(throws: SamplerError.self) {
        try SamplerKind.euler.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 3, sigmas: sigmas))
      }
    }
    let many = (0...2000).map { 3000 - Double($0) }
    #expect(throws: SamplerError.self) {
      try SamplerKind.euler.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 3, sigmas: many))
    }
    for timesteps in [[], [-1], [5, 5], [3, 4], [1000], [Int.max, 3], [3, Int.min]] {
      for kind in [SamplerKind.euler, .ddim, .ddpm, .lcm, .dpmpp2m] {
        #expect(throws: SamplerError.self) {
          try kind.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 3, timesteps: timesteps))
        }
      }
    }
    for options in [
      SamplerOptions(stepCount: 3, sigmas: [1, 0], timesteps: [3]), SamplerOptions(stepCount: 3, rho: 0),
      SamplerOptions(stepCount: 3, rho: .nan),
    ] {
      #expect(throws: SamplerError.self) { try SamplerKind.euler.plan(SchedulerConfiguration(), options) }
    }
    for kind in [SamplerKind.ddim, .plms, .lcm] {
      #expect(throws: SamplerError.self) {
        try kind.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 3, sigmas: [1, 0]))
      }
    }
  }

  /// Files of `PNDMScheduler` decide on its Runge–Kutta steps; without them it takes N + 1 evaluations, with them N + 9.
  @Test(arguments: [
    (#"{"_class_name": "PNDMScheduler", "skip_prk_steps": true}"#, 11),
    (#"{"_class_name": "PNDMScheduler"}"#, 19),
    (#"{"_class_name": "PNDMScheduler", "skip_prk_steps": false}"#, 19), (#"{}"#, 11),
  ]) func rungeKuttaStepsAreTheFilesChoice(json: String, evaluations: Int) throws {
    let plan = try SamplerKind.plms.plan(
      SchedulerConfiguration(data: Data(json.utf8)), SamplerOptions(stepCount: 10))
    let noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    var run = Sampling(plan, latents: .zeros([1, 1, 1, 1]), noise: noise, model: fakeNetwork)
    _ = try run.finish()
    #expect(run.evaluations == evaluations)
  }

  @Test func settingsOutOfRangeAreErrors() throws {
    var configuration = SchedulerConfiguration()
    #expect(throws: SamplerError.eta(1.5)) {
      try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 5, eta: 1.5))
    }
    configuration.stepsOffset = 1
    #expect(throws: SamplerError.timestep(1000, trained: 1000)) {
      try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 1000))
    }
    for offset in [-1, 1000, Int.max] {
      configuration.stepsOffset = offset
      #expect(throws: SamplerError.timestep(offset, trained: 1000)) {
        try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 5))
      }
    }
    configuration.stepsOffset = 1
    configuration.rescalesToZeroTerminalSNR = true
    configuration.clipSample = false
    #expect(throws: SamplerError.noSignal) {
      try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 5, schedule: .trailing))
    }
  }
}
