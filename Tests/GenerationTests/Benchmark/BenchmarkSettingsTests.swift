import Samplers
import TestSupport
import Testing

@testable import Generation

@Suite struct BenchmarkSettingsTests {
  private func checked(_ change: (inout BenchmarkSettings) -> Void) throws -> BenchmarkSettings {
    var settings = BenchmarkSettings()
    change(&settings)
    return try settings.checked()
  }

  @Test func equalWishesAreEqualSettings() throws {
    let settings = try checked {
      $0.samplers = ["DDIMScheduler", "euler a", "ddim"]
      $0.evaluations = [20, 5, 20]
    }
    #expect(settings.samplers == ["ddim", "euler_a"])
    #expect(settings.evaluations == [5, 20])
  }

  @Test func wrongWishes() {
    func fault(_ change: (inout BenchmarkSettings) -> Void) -> String {
      message { _ = try checked(change) } ?? ""
    }
    #expect(fault { _ in } == "")
    #expect(fault { $0.prompts = [] }.contains("no prompts"))
    #expect(fault { $0.seeds = [] }.contains("no seeds"))
    #expect(fault { $0.samplers = [] }.contains("no samplers"))
    #expect(fault { $0.evaluations = [] }.contains("no evaluations"))
    for count in [0, -1, 1001, Int.max, Int.min] {
      #expect(fault { $0.evaluations = [5, count] }.contains("1...1000"), "\(count)")
      #expect(fault { $0.referenceSteps = count }.contains("1...1000"), "\(count)")
    }
    #expect(fault { $0.samplers = ["warp"] }.contains("warp"))
    for sigma in [0, -1, Double.nan, .infinity] {
      #expect(fault { $0.maximumSigma = sigma }.contains("noisiest"), "\(sigma)")
    }
    #expect(fault { $0.guidanceScale = .nan }.contains("guidance"))
  }
}
