import Foundation
import TestSupport
import Testing

@testable import Samplers

struct ScheduleNameTests {
  private static func table() throws -> NoiseSchedule {
    var configuration = SchedulerConfiguration()
    (configuration.betaStart, configuration.betaEnd) = (0.00085, 0.012)
    configuration.betaSchedule = "scaled_linear"
    return try configuration.noiseSchedule()
  }

  /// Every schedule over σ against its published definition, for several numbers of steps.
  @Test func levelsEqualThePublishedDefinitions() throws {
    let table = try Self.table()
    let json = try JSONSerialization.jsonObject(with: Fixture.data("samplers/schedules.json"))
    let document = try #require(json as? [String: [String: [Double]]])
    // Those that diffusers has are compared within its schedulers.
    let spaced = ScheduleName.allCases.filter { $0.spacing == nil && $0 != .beta }
    #expect(Set(document.keys) == Set(spaced.map(\.rawValue)))
    for (name, counts) in document {
      let schedule = try #require(ScheduleName(rawValue: name))
      for (count, expected) in counts {
        let rho = schedule == .polyexponential ? 2.5 : nil
        let sigmas = try #require(
          schedule.sigmas(
            of: table, from: table.sigmas[999], to: table.sigmas[0], count: Int(count) ?? 0, rho: rho))
        try #require(sigmas.count == expected.count, "\(name) \(count)")
        for (sigma, value) in zip(sigmas, expected) {
          #expect(abs(sigma - value) <= 2e-7 * value, "\(name) \(count)")
        }
      }
    }
  }

  /// The timesteps that diffusers lists as Align Your Steps for Stable Diffusion.
  @Test func tenAlignedStepsAreAtTheirTimesteps() throws {
    var configuration = SchedulerConfiguration()
    (configuration.betaStart, configuration.betaEnd) = (0.00085, 0.012)
    configuration.betaSchedule = "scaled_linear"
    for (schedule, timesteps) in [
      (ScheduleName.alignYourSteps, [999.0, 850, 736, 645, 545, 455, 343, 233, 124, 24]),
      (.alignYourStepsXL, [999, 845, 730, 587, 443, 310, 193, 116, 53, 13]),
    ] {
      let options = SamplerOptions(stepCount: 10, schedule: schedule)
      #expect(try SamplerKind.dpmpp2m.plan(configuration, options).steps.map(\.from.timestep) == timesteps)
      for (step, timestep) in zip(try SamplerKind.euler.plan(configuration, options).steps, timesteps) {
        #expect(abs((step.from.timestep ?? 0) - timestep) < 1e-2)
      }
    }
  }

  @Test(arguments: ScheduleName.allCases) func everyCountDescends(_ schedule: ScheduleName) throws {
    let table = try Self.table()
    for count in [1, 2, 3, 7, 19, 20, 21, 100, 333, 1000] where schedule.spacing == nil {
      let sigmas =
        schedule.sigmas(of: table, from: table.sigmas[999], to: table.sigmas[0], count: count) ?? []
      #expect(sigmas.count >= min(count, 999) && sigmas.allSatisfy { $0.isFinite && $0 > 0 })
      #expect(zip(sigmas, sigmas.dropFirst()).allSatisfy { $0 > $1 }, "\(count)")
    }
  }

  @Test(arguments: [
    ("karras", ScheduleName.karras), ("SGM Uniform", .sgmUniform), ("SGMUniform", .sgmUniform),
    ("align_your_steps", .alignYourSteps), ("KL Optimal", .klOptimal), ("discrete", .normal),
    ("linear_quadratic", .linearQuadratic), ("DDIM", .ddimUniform), ("ddim_uniform", .ddimUniform),
  ]) func namesOfOtherPrograms(name: String, schedule: ScheduleName) {
    #expect(ScheduleName(named: name) == schedule)
  }

  @Test func noNameMeansTwoSchedules() {
    let names = ScheduleName.allCases.flatMap { schedule in
      Set(([schedule.rawValue] + schedule.aliases).map(SamplerCatalog.normalized))
    }
    #expect(Set(names).count == names.count)
    #expect(ScheduleName(named: "magic") == nil)
  }

  @Test func everyScheduleIsDescribed() {
    for schedule in ScheduleName.allCases {
      #expect(!schedule.summary.isEmpty && !schedule.origin.isEmpty)
    }
  }
}
