import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

struct NoiseScheduleTests {
  /// ᾱ for linear, scaled-linear, cosine and given betas, with and without zero terminal SNR, to the last bit.
  @Test func tablesEqualDiffusersInEveryBit() throws {
    let tables = try #require(try SamplerFixtures().tables["alphas"] as? [[String: Any]])
    for table in tables {
      let settings = try #require(table["settings"] as? [String: Any])
      let data = try JSONSerialization.data(withJSONObject: settings)
      let schedule = try SchedulerConfiguration(data: data).noiseSchedule()
      let hash = wordHash(schedule.alphasCumprod.map { Float($0).bitPattern })
      #expect(hash == table["hash"] as? String, "\(settings)")
    }
  }

  /// Every spacing at every number of steps.
  @Test func timestepsEqualDiffusers() throws {
    let tables = try #require(try SamplerFixtures().tables["spacings"] as? [[String: Any]])
    for table in tables {
      let spacing = try #require(TimestepSpacing(rawValue: table["spacing"] as? String ?? ""))
      let trained = try #require(table["trained"] as? Int)
      let timesteps = try (1...trained).flatMap {
        try spacing.timesteps(stepCount: $0, trained: trained)
      }
      let hash = wordHash(timesteps.map { UInt32(bitPattern: Int32($0)) })
      #expect(hash == table["hash"] as? String, "\(spacing) of \(trained)")
    }
  }
}
