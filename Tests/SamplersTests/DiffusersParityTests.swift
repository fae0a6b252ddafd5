import Tensors
import TestSupport
import Testing

@testable import Samplers

/// Every sampler against diffusers, or k-diffusion where that lacks it, over products of settings.
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
        #expect(results.allSatisfy { $0.isFinite }, "\(test)")
        // diffusers' results may end in values that are not finite: UniPC's with bh1 always do.
        let finite = expected.prefix { $0.isFinite }
        guard !finite.isEmpty else { continue }
        let error = relativeError(Array(results.prefix(finite.count)), Array(finite))
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
      SamplerOptions(
        stepCount: test.option("steps", 10),
        schedule: try test.settings["schedule"].map {
          try #require(ScheduleName(rawValue: $0 as? String ?? ""))
        },
        eta: test.option("eta", 0.0),
        rho: test.settings["schedule"] as? String == "polyexponential" ? 2.5 : nil,
        sigmas: test.settings["sigmas"] as? [Double], timesteps: test.settings["timesteps"] as? [Int]))
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
    let seeds = (0..<generators.count).map { UInt64(seed + $0) }
    var sampling = Sampling(
      plan, latents: latents, noise: plan.noise(after: noise, seeds: seeds), model: fakeNetwork)
    guard test.option("trajectory", false) else { return try sampling.finish().floats }
    var trajectory: [Float] = []
    while try sampling.next() != nil { trajectory += sampling.latents.floats }
    return trajectory
  }
}
