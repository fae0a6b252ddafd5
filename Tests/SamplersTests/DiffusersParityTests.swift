import Tensors
import TestSupport
import Testing

@testable import Samplers

/// Every sampler against diffusers, over products of settings.
struct DiffusersParityTests {
  /// diffusers has no CFG++: see `GuidanceTests`.
  static let samplers = SamplerCatalog.all.map(\.name).filter { !$0.hasSuffix("cfg_pp") }

  @Test(arguments: samplers) func everyCombinationAgrees(_ sampler: String) throws {
    let fixtures = try SamplerFixtures()
    let families = fixtures.families.filter { $0.sampler == sampler }
    #expect(!families.isEmpty)
    var worst: Float = 0
    var cases = 0
    for family in families {
      var position = family.values.startIndex
      for test in family.cases {
        let results = try run(test, sampler: sampler, shape: fixtures.shape)
        let expected = Array(family.values[position..<position + results.count])
        position += results.count
        cases += 1
        if expected.contains(where: { !$0.isFinite }) {
          #expect(!results.contains { !$0.isFinite }, "\(test)")
          continue
        }
        let error = relativeError(results, expected)
        worst = max(worst, error)
        #expect(error <= 1e-5, "\(sampler): \(test)")
      }
      #expect(position == family.values.endIndex)
    }
    print("\(sampler): \(cases) cases, worst relative error \(worst)")
  }

  /// The final latents, or those of every step.
  private func run(_ test: SamplerFixtures.Case, sampler: String, shape: [Int]) throws -> [Float] {
    let seed: Int = test.option("seed", 0)
    let generators = (0..<test.option("batch", 1)).map { TorchRandomSource(seed: UInt64(seed + $0)) }
    var noise = GaussianNoise(generators, shape: shape, layout: .channelsFirst)
    var plan = try SamplerCatalog.sampler(named: sampler).plan(
      SchedulerConfiguration(data: test.configuration),
      SamplerOptions(stepCount: test.option("steps", 10), eta: test.option("eta", 0.0)))
    if test.option("use_clipped_model_output", false) {
      plan.solver = DDIM(eta: test.option("eta", 0.0), rederivesNoise: true)
    }
    let latents: Tensor
    let strength = test.option("strength", 1.0)
    if strength < 1 {
      plan = try plan.suffix(strength: strength)
      let clean = 0.5 * noise.next()
      latents = plan.startingLatents(clean: clean, noise: noise.next())
    } else {
      latents = plan.initialLatents(noise: noise.next())
    }
    var sampling = Sampling(plan, latents: latents, noise: noise, model: fakeNetwork)
    guard test.option("trajectory", false) else { return try sampling.finish().floats }
    var trajectory: [Float] = []
    while try sampling.next() != nil { trajectory += sampling.latents.floats }
    return trajectory
  }
}
