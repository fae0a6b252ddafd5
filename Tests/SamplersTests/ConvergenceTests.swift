import Foundation
import Tensors
import Testing

@testable import Samplers

/// Errors fall with the solver's order where the solution is known: data of N(0, 1), whose path is in closed form, and a
/// mixture of two Gaussians.
struct ConvergenceTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let order: Double
    let variancePreserving: Bool
    let solver: any Solver

    init(_ name: String, _ order: Double, _ solver: any Solver, variancePreserving: Bool = false) {
      (self.name, self.order, self.solver) = (name, order, solver)
      self.variancePreserving = variancePreserving
    }

    var testDescription: String { name }
  }

  /// DPM-Solver's steps, which DPM fast and DPM adaptive are made of.
  struct DPMSolverOfOneOrder: Solver {
    let order: Int

    mutating func step(
      _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
    ) throws -> Tensor {
      try withoutActuallyEscaping(denoise) { denoise in
        let solver = try DPMSolver(
          latents, from: -log(step.from.noise), to: -log(step.to.noise), denoise: denoise)
        return order == 2 ? try solver.second() : try solver.third().high
      }
    }
  }

  static let cases: [Case] = [
    Case("ddim", 1, DDIM(), variancePreserving: true),
    Case("dpm++1", 1, DPMSolverMultistep(order: 1), variancePreserving: true),
    Case("dpm++2m", 2, DPMSolverMultistep(order: 2), variancePreserving: true),
    Case("dpm++2m in σ form", 2, DPMSolverMultistep(order: 2)),
    Case("dpm++2m, Heun", 2, DPMSolverMultistep(order: 2, correction: .heun)),
    // Its first steps are of lower order.
    Case("dpm++3m", 2, DPMSolverMultistep(order: 3), variancePreserving: true),
    Case("dpm++2s", 2, DPMSolverSinglestep(order: 2), variancePreserving: true),
    Case("dpm-solver 2", 2, DPMSolverOfOneOrder(order: 2)),
    Case("dpm-solver 3", 3, DPMSolverOfOneOrder(order: 3)),
    Case("unipc", 2, UniPC(order: 2), variancePreserving: true),
    Case("unipc, bh1", 2, UniPC(order: 2, variant: .bh1), variancePreserving: true),
    Case("unipc 3", 2.5, UniPC(order: 3), variancePreserving: true),
    Case("deis", 2, DEIS(), variancePreserving: true),
    // τ = 0 everywhere.
    Case("sa_solver", 2, SASolver(stochasticTimesteps: 5000...5000), variancePreserving: true),
    Case("euler", 1, Euler()), Case("heun", 2, Heun()), Case("dpm2", 2, DPM2()),
    // The first step is Euler's, which is all that two more orders can be seen of.
    Case("lms", 2, LMS()), Case("res_multistep", 2, RESMultistep()),
    // The weights of even steps on uneven ones.
    Case("ipndm", 1, IPNDM()), Case("gradient_estimation", 0.9, GradientEstimation()),
  ]

  @Test(arguments: cases) func theAnalyticGaussian(_ test: Case) throws {
    let deviation = (1.0 + 20 * 20).squareRoot()
    let order = try observedOrder(
      test, of: [.init(mean: [0], deviation: 1)], from: deviation, to: 2.0.squareRoot())
    #expect(order > test.order - 0.25, "observed order \(order)")
  }

  @Test(arguments: cases) func theMixture(_ test: Case) throws {
    let order = try observedOrder(test, of: Self.mixture, from: 6, to: Self.exact(from: 6))
    #expect(order > test.order - 0.35, "observed order \(order)")
  }

  private static let mixture = [
    GaussianMixture.Component(weight: 2, mean: [1], deviation: 0.5),
    GaussianMixture.Component(weight: 1, mean: [-1.5], deviation: 0.8),
  ]

  /// x at σ = 1 from x at σ = 20 by the classical Runge–Kutta method in ln σ with the mixture's score.
  private static func exact(from start: Double) -> Double {
    func slope(_ x: Double, _ time: Double) -> Double {
      let sigma = exp(time)
      var (density, gradient) = (0.0, 0.0)
      for component in mixture {
        let variance = component.deviation * component.deviation + sigma * sigma
        let residual = x - component.mean[0]
        let likelihood =
          component.weight / variance.squareRoot() * exp(-residual * residual / (2 * variance))
        density += likelihood
        gradient -= likelihood * residual / variance
      }
      // dx/dσ = −σ·score.
      return -sigma * sigma * gradient / density
    }
    var (x, time) = (start, log(20.0))
    let h = -log(20.0) / 2000
    for _ in 0..<2000 {
      let a = slope(x, time)
      let b = slope(x + h / 2 * a, time + h / 2)
      let c = slope(x + h / 2 * b, time + h / 2)
      let d = slope(x + h * c, time + h)
      x += h / 6 * (a + 2 * b + 2 * c + d)
      time += h
    }
    return x
  }

  /// log₂ of the error's fall from 20 to 40 steps, or 10 to 20 where it would come near to rounding, from σ = 20 to 1 in even steps of ln σ.
  private func observedOrder(
    _ test: Case, of components: [GaussianMixture.Component], from start: Double, to end: Double
  ) throws -> Double {
    let mixture = GaussianMixture(components)
    let errors = try (test.order > 2 || test.name == "dpm++3m" ? [10, 20] : [20, 40]).map { count -> Double in
      var solver = test.solver
      var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
      let levels = (0...count).map { index in
        let sigma = 20 * pow(0.05, Double(index) / Double(count))
        return test.variancePreserving
          ? NoiseLevel(timestep: nil, variancePreservingSigma: sigma)
          : NoiseLevel(timestep: nil, sigma: sigma)
      }
      var latents = Tensor([Float(start * levels[0].signal)], shape: [1, 1, 1, 1])
      for index in 0..<count {
        let step = SamplingStep(index: index, count: 1000, from: levels[index], to: levels[index + 1])
        latents = try solver.step(latents, step, denoise: mixture.denoise, noise: &noise)
      }
      return abs(Double(latents.floats[0]) / levels[count].signal - end)
    }
    return log2(errors[0] / errors[1])
  }

  /// Stochastic solvers end in the distribution of the data.
  @Test(arguments: SamplerCatalog.all.filter(\.isStochastic).map(\.name).filter { $0 != "lcm" })
  func stochasticSolversSampleTheMixture(_ name: String) throws {
    var configuration = SchedulerConfiguration()
    (configuration.betaStart, configuration.betaEnd) = (0.00085, 0.012)
    (configuration.betaSchedule, configuration.clipSample) = ("scaled_linear", false)
    let kind = try SamplerCatalog.sampler(named: name)
    let schedule: ScheduleName? = kind.schedules.contains(.karras) ? .karras : nil
    let plan = try kind.plan(configuration, SamplerOptions(stepCount: 80, schedule: schedule))
    let mixture = GaussianMixture(Self.mixture)
    let network = mixture.network(plan.schedule)
    var noise = GaussianNoise([TorchRandomSource(seed: 5)], shape: [1, 30, 30])
    let latents = plan.initialLatents(noise: noise.next())
    var run = Sampling(plan, latents: latents, noise: plan.noise(after: noise, seeds: [5])) { x, timestep in
      try network(x.reshaped([900, 1]), timestep).reshaped(x.shape)
    }
    let values = try run.finish().floats.map(Double.init)
    let mean = values.reduce(0, +) / 900
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 900
    // ⅔·1 − ⅓·1.5; within components ⅔·.25 + ⅓·.64, between them ⅔·⅓·2.5².
    #expect(abs(mean - 1.0 / 6) < 0.15, "mean \(mean)")
    #expect(abs(variance - 1.7689) < 0.25, "variance \(variance)")
  }
}
