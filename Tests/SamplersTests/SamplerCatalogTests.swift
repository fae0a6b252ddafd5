import Foundation
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
