import Foundation
import Samplers
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct MixtureTrialTests {
  @Test func distancesOfKnownSamples() {
    let a = Tensor([0, 0, 1, 0, 0, 2], shape: [3, 2])
    #expect(slicedWasserstein(a, a, directions: 8) == 0)
    // The order of samples does not matter.
    #expect(slicedWasserstein(a, Tensor([0, 2, 0, 0, 1, 0], shape: [3, 2]), directions: 8) == 0)
    // A shift by (3, 4) is one of 5·|cos| along a direction: 5·2/π on average.
    let shifted = Tensor([3, 4, 4, 4, 3, 6], shape: [3, 2])
    #expect(abs(slicedWasserstein(a, shifted, directions: 1000) - 10 / .pi) < 1e-4)
    #expect(slicedWasserstein(a, Tensor([.nan, 0, 1, 0, 0, 2], shape: [3, 2]), directions: 8) == .infinity)
  }

  @Test func samplersApproachTheDistribution() throws {
    var configuration = SchedulerConfiguration()
    (configuration.betaStart, configuration.betaEnd) = (0.00085, 0.012)
    configuration.betaSchedule = "scaled_linear"
    configuration.clipSample = false
    let grid = try BenchmarkGrid(configuration, maximumSigma: 15)
    let trial = MixtureTrial(points: 1000)
    let distances = try [4, 40].map { steps in
      let budget = EvaluationBudget(
        kind: .eulerAncestral, configuration: configuration, grid: grid, schedule: nil)
      return try trial.distance(of: budget.plan(steps: steps))
    }
    #expect(distances[1] < distances[0] / 2 && distances[1] < 0.2)
    #expect(trial.floor() < 0.1)
  }
}
