import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

struct BrownianTreeTests {
  private struct Reference: Decodable {
    struct Words: Decodable {
      let entropy: String
      let path: [UInt64]
      let state: [UInt32]
    }
    let queries: [[Double]]
    let increments: [[Float]]
    let words: [Words]
  }

  private struct Document: Decodable { let trees: Reference }

  private static func reference() throws -> Reference {
    try JSONDecoder().decode(Document.self, from: Fixture.data("samplers/kdiffusion.json")).trees
  }

  @Test func seedsEqualNumPy() throws {
    for words in try Self.reference().words {
      let entropy = try #require(UInt64(words.entropy))
      #expect(SeedSequence(entropy: entropy, path: words.path, poolSize: 24).state(4) == words.state)
    }
  }

  /// torchsde's increments, in any order and by trees that have been asked for others.
  @Test func incrementsEqualTorchSDE() throws {
    let reference = try Self.reference()
    var shared = BrownianTree(from: 0.0292, to: 14.6146, count: 5, seed: 42)
    for (query, expected) in zip(reference.queries, reference.increments).reversed() {
      var fresh = BrownianTree(from: 0.0292, to: 14.6146, count: 5, seed: 42)
      for values in [
        shared.increment(from: query[0], to: query[1]), fresh.increment(from: query[0], to: query[1]),
      ] {
        for (value, expected) in zip(values, expected) { #expect(abs(value - expected) < 2e-6) }
      }
    }
  }

  @Test func partsAddUp() {
    var tree = BrownianTree(from: 0.03, to: 14.6, count: 4, seed: 1)
    let whole = tree.increment(from: 1, to: 9)
    let parts = [(1.0, 2.5), (2.5, 2.500003), (2.500003, 9)].map { tree.increment(from: $0.0, to: $0.1) }
    for index in whole.indices {
      #expect(abs(parts.reduce(0) { $0 + $1[index] } - whole[index]) < 1e-5)
    }
  }

  @Test func timesAreRoundedAsPythonRoundsThem() {
    for (time, expected) in [
      (0.0000005, 0.0), (1.0000005, 1.000001), (2.5, 2.5), (14.61464119, 14.614641), (0.0000015, 0.000002),
      (-0.0000025, -0.000003), (1e12, 1e12), (0.1234565, 0.123456), (3.0000035, 3.000004),
    ] {
      #expect(BrownianTree.rounded(time) == expected, "\(time)")
    }
  }

  /// A run of twice the steps ends near the same picture, which independent noise does not.
  @Test func thePathDoesNotChangeWithTheStepCount() throws {
    let mixture = GaussianMixture([
      .init(mean: [Double](repeating: 1, count: 16), deviation: 0.2),
      .init(mean: [Double](repeating: -1, count: 16), deviation: 0.2),
    ])
    func result(_ count: Int, brownian: Bool) throws -> [Float] {
      let plan = try SamplerKind.dpmpp3mSDE.plan(
        SchedulerConfiguration(), SamplerOptions(stepCount: count, schedule: .karras))
      var noise = GaussianNoise([TorchRandomSource(seed: 3)], shape: [1, 4, 4], layout: .channelsFirst)
      let latents = plan.initialLatents(noise: noise.next())
      let source = brownian ? plan.noise(after: noise, seeds: [3]) : RunNoise(noise)
      var run = Sampling(plan, latents: latents, noise: source, model: mixture.network(plan.schedule))
      return try run.finish().floats
    }
    let (few, many) = (try result(100, brownian: true), try result(200, brownian: true))
    #expect(relativeError(few, many) < 0.05)
    #expect(relativeError(try result(100, brownian: false), try result(200, brownian: false)) > 0.1)
  }
}
