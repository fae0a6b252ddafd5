import Foundation
import Samplers
import Tensors

/// What a solver costs beside the network, at the latents of a picture of 512×512: 64×64×4.
struct SolverOverhead {
  /// The median over the steps.
  let secondsPerStep: Double
  /// Bytes that each further step leaves allocated; nil where the system does not say.
  let growth: Double?

  private static let steps = 200

  /// Runs a solver over a network that costs nothing.
  init?(_ budget: EvaluationBudget) throws {
    let counts = [Self.steps, 50]
    guard let plan = counts.lazy.compactMap({ try? budget.plan(steps: $0) }).first else { return nil }
    var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [4, 64, 64], layout: .channelsFirst)
    let output = noise.next()
    var network = 0.0
    let clock = ContinuousClock()
    let latents = plan.initialLatents(noise: noise.next())
    // Of the kind that the solver wants: a Brownian path is part of what a step costs.
    var run = Sampling(plan, latents: latents, noise: plan.noise(after: noise, seeds: [0])) { _, _ in
      let start = clock.now
      defer { network += (clock.now - start) / .seconds(1) }
      return output
    }
    var times: [Double] = []
    var memory: [Int?] = []
    while true {
      let start = clock.now
      network = 0
      guard try run.next() != nil else { break }
      times.append((clock.now - start) / .seconds(1) - network)
      memory.append(SystemMemory.resident)
    }
    secondsPerStep = times.sorted()[times.count / 2]
    // The first half fills histories and the allocator's pools.
    let half = times.count / 2
    if let first = memory[half], let last = memory[times.count - 1] {
      growth = Double(last - first) / Double(times.count - 1 - half)
    } else {
      growth = nil
    }
  }
}
