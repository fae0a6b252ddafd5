import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

struct SamplingTests {
  private func sampling(
    steps: Int = 6, eta: Double = 1, seed: UInt64 = 0
  ) throws -> Sampling<GaussianNoise> {
    let plan = try SamplerKind.ddim.plan(
      SchedulerConfiguration(), SamplerOptions(stepCount: steps, eta: eta))
    var noise = GaussianNoise([TorchRandomSource(seed: seed)], shape: [2, 3, 4])
    let latents = plan.initialLatents(noise: noise.next())
    return Sampling(plan, latents: latents, noise: noise, model: fakeNetwork)
  }

  @Test func stepsAreReported() throws {
    var run = try sampling()
    var seen: [Int] = []
    let latents = try run.finish { progress in
      seen.append(progress.completed)
      #expect(progress.total == 6)
      #expect(progress.denoised.shape == [1, 3, 4, 2])
    }
    #expect(seen == Array(1...6))
    #expect(run.evaluations == 6)
    #expect(latents.shape == [1, 3, 4, 2])
    #expect(try run.next() == nil)
  }

  @Test func aCopyIsACheckpoint() throws {
    var run = try sampling()
    for _ in 0..<3 { _ = try run.next() }
    var copy = run
    #expect(try run.finish().floats == copy.finish().floats)
  }

  /// Every evaluation but the first sees what the adjustment made of the latents.
  @Test(arguments: ["ddim", "heun", "plms"]) func latentsAreAdjusted(_ name: String) throws {
    let plan = try SamplerCatalog.sampler(named: name).plan(
      SchedulerConfiguration(), SamplerOptions(stepCount: 4))
    let start = Tensor(repeating: 5, shape: [1, 2, 3, 4])
    var inputs: [Float] = []
    var run = Sampling(
      plan, latents: start, noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [2, 3, 4])
    ) { input, _ in
      inputs.append(input.floats[0])
      return input
    }
    run.adjusting = { latents, level in Tensor(repeating: Float(level.magnitude) * 7, shape: latents.shape) }
    _ = try run.finish()
    #expect(inputs.count == run.evaluations && inputs.count >= 4)
    #expect(inputs[0] != 7 && inputs.dropFirst().allSatisfy { abs($0 - 7) < 1e-5 })
  }

  @Test func cancellationStopsBetweenSteps() async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      var run = try sampling()
      _ = try run.finish()
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func anErrorOfTheNetworkIsThrown() throws {
    struct Broken: Error {}
    let plan = try SamplerKind.ddim.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 2))
    var run = Sampling(
      plan, latents: .zeros([1, 1, 1, 1]),
      noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    ) { _, _ in throw Broken() }
    #expect(throws: Broken.self) { try run.finish() }
  }

  /// What is not a number is handed on, for the pipeline to report.
  @Test(arguments: SamplerCatalog.all.map(\.name)) func notANumberDoesNotTrap(_ name: String) throws {
    var configuration = SchedulerConfiguration()
    configuration.thresholding = true
    let plan = try SamplerCatalog.sampler(named: name).plan(configuration, SamplerOptions(stepCount: 4))
    let noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [2, 3, 4])
    var run = Sampling(plan, latents: Tensor(repeating: 1, shape: [1, 3, 4, 2]), noise: noise) { x, _ in
      .nan * x
    }
    #expect(try run.finish().floats.contains { $0.isNaN })
  }

  /// Any number of steps ends in numbers, after as many evaluations as the sampler says.
  @Test(arguments: SamplerCatalog.all.map(\.name)) func everyStepCountWorks(_ name: String) throws {
    let kind = try SamplerCatalog.sampler(named: name)
    // Paths and integrals take long in a debug build.
    let isSlow = name.contains("sde") || name == "er_sde"
    let most = kind.takesLevels == .timesteps ? 50 : isSlow ? 60 : 1000
    for count in [1, 2, 3, 4, 5, 7, 13, 50, 60, 999, 1000] where count <= most {
      var configuration = SchedulerConfiguration()
      configuration.timestepSpacing = kind.schedules.contains(.linspace) ? .linspace : nil
      let plan = try kind.plan(configuration, SamplerOptions(stepCount: count))
      var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 2, 2])
      let latents = plan.initialLatents(noise: noise.next())
      var run = Sampling(
        plan, latents: latents, noise: plan.noise(after: noise, seeds: [0]), model: fakeNetwork)
      #expect(try run.finish().floats.allSatisfy { $0.isFinite }, "\(count)")
      let expected =
        kind.evaluationsPerStep == 1 ? count + (name == "plms" && count > 1 ? 1 : 0) : 2 * count - 1
      // An ancestral step down to nothing is Euler's.
      let fewest = name.hasSuffix("_a") ? count : expected
      if name != "dpm_adaptive" { #expect((fewest...expected).contains(run.evaluations), "\(count)") }
    }
  }

  @Test func anAdaptiveRunReportsItsParts() throws {
    let plan = try SamplerKind.dpmAdaptive.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 20))
    var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 2, 2])
    var run = Sampling(
      plan, latents: plan.initialLatents(noise: noise.next()), noise: noise, model: fakeNetwork)
    var completed: [Int] = []
    _ = try run.finish { completed.append($0.completed) }
    #expect(completed.count > 3 && completed.last == 1 && completed.dropLast().allSatisfy { $0 == 0 })
    #expect(run.evaluations >= 3 * completed.count)
  }

  /// Solvers that make their own steps start from the noise that the others' strength means.
  @Test(arguments: ["dpm_fast", "dpm_adaptive"]) func strengthOfASpan(_ name: String) throws {
    let kind = try SamplerCatalog.sampler(named: name)
    let options = SamplerOptions(stepCount: 20)
    let euler = try SamplerKind.euler.plan(SchedulerConfiguration(), options).suffix(strength: 0.5)
    let plan = try kind.plan(SchedulerConfiguration(), options).suffix(strength: 0.5)
    #expect(abs(plan.steps[0].from.sigma / euler.steps[0].from.sigma - 1) < 1e-6)
    #expect(throws: SamplerError.self) { try plan.suffix(strength: 0.01) }
  }

  @Test func aPictureDoesNotDependOnItsBatch() throws {
    var pair = GaussianNoise([TorchRandomSource(seed: 4), TorchRandomSource(seed: 5)], shape: [2, 3, 4])
    var single = GaussianNoise([TorchRandomSource(seed: 5)], shape: [2, 3, 4])
    for _ in 0..<2 { #expect(pair.next()[1..<2].floats == single.next().floats) }
  }

  @Test func guidanceMovesAwayFromTheUnconditional() throws {
    let x = Tensor([1, 2], shape: [1, 2])
    let guidance = ClassifierFreeGuidance(scale: 7.5)
    let guided = guidance(conditional: { x, _ in x }, unconditional: { x, _ in 0.5 * x })
    #expect(try guided(x, 0).floats == [4.25, 8.5])
    let paired = guidance { x, _ in (x, 0.5 * x) }
    #expect(try paired(x, 0).floats == [4.25, 8.5])
  }

  @Test func guidanceOfOneSkipsTheSecondPass() throws {
    struct Called: Error {}
    let model = ClassifierFreeGuidance(scale: 1)(
      conditional: { x, _ in x }, unconditional: { _, _ in throw Called() })
    #expect(try model(Tensor([3], shape: [1]), 0).floats == [3])
  }

  @Test func strengthTakesStepsFromTheTail() throws {
    let plan = try SamplerKind.ddim.plan(SchedulerConfiguration(), SamplerOptions(stepCount: 10))
    let suffix = try plan.suffix(strength: 0.35)
    #expect(suffix.steps.map(\.index) == [7, 8, 9])
    #expect(try plan.suffix(strength: 1).steps == plan.steps)
    for strength in [0, 0.05, -1, 1.5, .nan] {
      #expect(throws: SamplerError.self) { try plan.suffix(strength: strength) }
    }
  }
}
