import Foundation
import Testing

@testable import Samplers

struct SchedulerConfigurationTests {
  private func decode(_ json: String) throws -> SchedulerConfiguration {
    try SchedulerConfiguration(data: Data(json.utf8))
  }

  @Test func readsAPublishedFile() throws {
    let configuration = try decode(
      """
      {"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
       "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
       "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
       "clip_sample": false, "lambda_min_clipped": -Infinity}
      """)
    #expect(configuration.className == "PNDMScheduler")
    #expect(configuration.others["skip_prk_steps"] == "true")
    let schedule = try configuration.noiseSchedule()
    #expect(abs(schedule.alphasCumprod[0] - 0.99915) < 1e-6)
    #expect(abs(schedule.alphasCumprod[999] - 0.0046601) < 1e-6)
    #expect(abs(schedule.sigmas[0] - 0.029167) < 1e-5)
    #expect(abs(schedule.sigmas[999] - 14.61464) < 1e-4)
    let plan = try SamplerKind.ddim.plan(configuration, SamplerOptions(stepCount: 30))
    let timesteps = plan.steps.map { $0.from.timestep ?? -1 }
    #expect(timesteps.prefix(2) == [958, 925])
    #expect(timesteps.suffix(2) == [34, 1])
  }

  @Test func anUnknownSettingIsNamed() throws {
    #expect(throws: SamplerError.unknownSetting("wobble")) { try decode(#"{"wobble": 3}"#) }
    #expect(throws: SamplerError.unknownSetting("wobble")) { try decode(#"{"wobble": true}"#) }
    _ = try decode(#"{"wobble": false, "wibble": null}"#)
  }

  @Test(arguments: [
    #"{"beta_schedule": "sigmoid"}"#, #"{"num_train_timesteps": 0}"#, #"{"trained_betas": [0.1]}"#,
    #"{"beta_start": -1}"#, #"{"num_train_timesteps": 4, "trained_betas": [0.1, 0.1, NaN, 0.1]}"#,
  ]) func impossibleSchedulesAreErrors(_ json: String) throws {
    let configuration = try decode(json)
    #expect(throws: SamplerError.self) { try configuration.noiseSchedule() }
  }

  @Test(arguments: [
    "", "[]", "{", "3", #"{"num_train_timesteps": "many"}"#, #"{"prediction_type": "flow"}"#,
    #"{"timestep_spacing": "random"}"#, #"{"clip_sample": 7}"#, #"{"sample_max_value": -1}"#,
    #"{"clip_sample_range": -1}"#, #"{"dynamic_thresholding_ratio": 2}"#,
  ]) func malformedFilesAreErrors(_ json: String) {
    #expect(throws: SamplerError.self) { try decode(json) }
  }
}
