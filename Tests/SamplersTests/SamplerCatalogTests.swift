import Testing

@testable import Samplers

struct SamplerCatalogTests {
  @Test(arguments: ["ddim", "DDIM", "DDIMScheduler", "ddim_scheduler"]) func aliases(_ name: String) throws {
    #expect(try SamplerCatalog.sampler(named: name).name == "ddim")
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
      #expect(throws: SamplerError.stepCount(count, allowed: 1...1000)) {
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
    configuration.rescalesToZeroTerminalSNR = true
    configuration.clipSample = false
    #expect(throws: SamplerError.noSignal) {
      try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 5, schedule: .trailing))
    }
  }
}
