import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

/// Guidance against diffusers' guiders (`Tests/Fixtures/guidance/make.py`).
struct GuidanceTests {
  struct Document: Decodable {
    let cases: [Case]
    let intervals: [Interval]
    let cfg_pp: [CFGPP]
  }

  struct Case: Decodable {
    let scale: Float
    let rescale: Float
    let momentum: Float?
    let threshold: Float?
    let eta: Float?
    let perturbed: Float?

    var guidance: Guidance {
      Guidance(
        ClassifierFreeGuidance(scale: scale),
        projection: eta.map {
          AdaptiveProjectedGuidance(momentum: momentum, threshold: threshold ?? 0, eta: $0)
        },
        perturbedAttention: perturbed.map(PerturbedAttentionGuidance.init(scale:)),
        rescale: GuidanceRescale(factor: rescale))
    }
  }

  struct Interval: Decodable {
    let start: Double
    let stop: Double
    let count: Int
    let guided: [Int]
  }

  struct CFGPP: Decodable {
    struct Settings: Codable {
      let beta_start: Double
      let beta_end: Double
      let beta_schedule: String
      let steps_offset: Int
      let rescale_betas_zero_snr: Bool
      let timestep_spacing: String
      let prediction_type: String
    }
    let settings: Settings
    let steps: Int
    let scale: Float
    let ancestral: Bool
  }

  private let document: Document
  private let tensors: [String: Tensor]

  init() throws {
    document = try Fixture.json("guidance/guidance.json")
    tensors = try Fixture.tensors("guidance/guidance.safetensors")
  }

  @Test func equalsDiffusers() throws {
    #expect(document.cases.count == 40)
    for (index, example) in document.cases.enumerated() {
      var guidance = example.guidance
      for step in 0..<4 {
        func output(_ name: String) throws -> Tensor { try #require(tensors["\(step).\(name)"]) }
        let passes = guidance.passes
        let guided = guidance.combine(
          GuidedOutput(
            conditional: try output("conditional"),
            unconditional: passes.contains(.unconditional) ? try output("unconditional") : nil,
            perturbed: passes.contains(.perturbed) ? try output("perturbed") : nil))
        expectClose(guided, try #require(tensors["expected.\(index).\(step)"]), 1e-6, "\(example) \(step)")
      }
    }
  }

  @Test func intervalsAreThoseOfDiffusers() {
    for interval in document.intervals {
      var guidance = Guidance(ClassifierFreeGuidance(scale: 2))
      guidance.interval = .steps(start: interval.start, stop: interval.stop)
      let level = NoiseLevel(timestep: nil, sigma: 1)
      let guided = (0..<interval.count).filter {
        !guidance.passes(step: $0, of: interval.count, level: level).isEmpty
      }
      #expect(guided == interval.guided, "\(interval)")
    }
  }

  @Test func intervalsOfSigma() {
    let interval = GuidanceInterval.sigmas(0.5...2)
    let inside = [0.1, 0.5, 1, 2, 3].filter {
      interval.contains(step: 0, of: 1, level: NoiseLevel(timestep: nil, sigma: $0))
    }
    #expect(inside == [0.5, 1, 2])
  }

  @Test func onlyTheNeededPassesAreMade() throws {
    var guidance = Guidance(ClassifierFreeGuidance(scale: 1))
    #expect(guidance.passes.isEmpty)
    guidance.perturbedAttention = PerturbedAttentionGuidance(scale: 2)
    #expect(guidance.passes == .perturbed)
    guidance.classifierFree = ClassifierFreeGuidance(scale: 0)
    guidance.interval = .steps(start: 0.5, stop: 1)
    let plan = try SamplerKind.ddim.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 4))
    var made: [GuidancePasses] = []
    var run = Sampling(
      plan, latents: Tensor(repeating: 1, shape: [1, 1, 2, 2]),
      noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 2, 2]), guidance: guidance
    ) { input, _, passes in
      made.append(passes)
      return GuidedOutput(
        conditional: input, unconditional: passes.contains(.unconditional) ? input : nil,
        perturbed: passes.contains(.perturbed) ? input : nil)
    }
    _ = try run.finish()
    #expect(made == [[], [], [.unconditional, .perturbed], [.unconditional, .perturbed]])
  }

  /// The momentum is part of a run: a copy has its own.
  @Test func aCopyIsACheckpoint() throws {
    let plan = try SamplerKind.ddim.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 6))
    let guidance = Guidance(
      ClassifierFreeGuidance(scale: 5), projection: AdaptiveProjectedGuidance(momentum: 0.8))
    var run = Sampling(
      plan, latents: Tensor([1, -2, 3, 0.5], shape: [1, 1, 2, 2]),
      noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 2, 2]), guidance: guidance
    ) { input, timestep, _ in
      GuidedOutput(
        conditional: fakeNetwork(input, timestep), unconditional: fakeNetwork(input, timestep + 200))
    }
    for _ in 0..<3 { _ = try run.next() }
    var copy = run
    #expect(try run.finish().floats == copy.finish().floats)
  }

  @Test func constantOutputsAreNotRescaled() {
    let flat = Tensor(repeating: 2, shape: [1, 2, 2])
    #expect(
      GuidanceRescale(factor: 1)(flat, like: Tensor([1, 2, 3, 4], shape: [1, 2, 2])).floats == flat.floats)
  }

  @Test func eulerWithCFGPPEqualsComfyUI() throws {
    #expect(document.cfg_pp.count == 234)
    for (index, example) in document.cfg_pp.enumerated() {
      let configuration = try SchedulerConfiguration(data: JSONEncoder().encode(example.settings))
      let kind: SamplerKind = example.ancestral ? .eulerAncestralCFGPP : .eulerCFGPP
      let plan = try kind.plan(configuration, SamplerOptions(stepCount: example.steps))
      var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [2, 3, 4], layout: .channelsFirst)
      let latents = plan.initialLatents(noise: noise.next())
      var run = Sampling(
        plan, latents: latents, noise: noise,
        guidance: Guidance(ClassifierFreeGuidance(scale: example.scale))
      ) { input, timestep, passes in
        #expect(passes == .unconditional)
        func network(_ condition: Float) -> Tensor {
          let (scale, phase) = (Float(timestep / (timestep + 1)), Float(timestep / 100) + condition)
          return Tensor(
            input.floats.map { 0.9 * $0 * scale + 0.1 * sin(3 * $0 + phase) }, shape: input.shape)
        }
        return GuidedOutput(conditional: network(0), unconditional: network(1))
      }
      expectClose(try run.finish(), try #require(tensors["cfg_pp.\(index)"]), 1e-5, "\(example)")
    }
  }
}
