import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

/// Answers known without running another program.
struct OracleTests {
  /// Σ|x| that diffusers' own tests expect of DDIM around ε = x·t/(t + 1).
  @Test(arguments: [
    (#"{"beta_start": 0.0001}"#, 172.0067),
    (#"{"beta_start": 0.0001, "prediction_type": "v_prediction"}"#, 52.5302),
    (#"{"beta_start": 0.01, "set_alpha_to_one": true}"#, 149.8295),
    (#"{"beta_start": 0.01, "set_alpha_to_one": false}"#, 149.0784),
  ]) func ddimSums(json: String, expected: Double) throws {
    let plan = try SamplerKind.ddim.plan(
      SchedulerConfiguration(data: Data(json.utf8)), SamplerOptions(stepCount: 10))
    let ramp = Tensor((0..<768).map { Float($0) / 768 }, shape: [3, 8, 8, 4])
    let latents = ramp.swapping(0..<3, 3..<4)  // (4, 3, 8, 8)
    var sampling = Sampling(
      plan, latents: latents, noise: GaussianNoise([TorchRandomSource(seed: 0)], shape: [3, 8, 8])
    ) { x, t in Float(t / (t + 1)) * x }
    let sum = try sampling.finish().floats.reduce(0) { $0 + Double(abs($1)) }
    #expect(abs(sum - expected) < 1e-3)
  }

  /// N(0, 1) data: the exact solution is known, and errors fall with the solver's order.
  @Test(arguments: [
    ("ddim", 1.0), ("dpm++1", 1), ("dpm++2m", 2), ("unipc", 2), ("euler", 1), ("heun", 2), ("dpm2", 2),
  ]) func errorsFallWithTheOrder(name: String, expected: Double) throws {
    let solvers: [String: (solver: any Solver, variancePreserving: Bool)] = [
      "ddim": (DDIM(), true), "dpm++1": (DPMSolverMultistep(order: 1), true),
      "dpm++2m": (DPMSolverMultistep(order: 2), true),
      "unipc": (UniPC(order: 2), true), "euler": (Euler(), false), "heun": (Heun(), false),
      "dpm2": (DPM2(), false),
    ]
    let (solver, variancePreserving) = try #require(solvers[name])
    let order = try observedOrder(of: solver, variancePreserving: variancePreserving)
    #expect(order > expected - 0.2, "observed order \(order)")
  }
}

/// log₂ of the error's fall from 20 to 40 steps, from σ = 20 to 1 in even steps of ln σ. The network is exact: for N(0, 1)
/// data the clean sample is x·signal/(signal² + noise²), and x keeps its ratio to the standard deviation.
func observedOrder(of solver: any Solver, variancePreserving: Bool) throws -> Double {
  let errors = try [20, 40].map { count -> Double in
    var solver = solver
    var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    let levels = (0...count).map { index in
      let sigma = 20 * pow(0.05, Double(index) / Double(count))
      return variancePreserving
        ? NoiseLevel(timestep: nil, variancePreservingSigma: sigma) : NoiseLevel(timestep: nil, sigma: sigma)
    }
    var latents = Tensor([Float(levels[0].magnitude)], shape: [1, 1, 1, 1])
    for index in 0..<count {
      let step = SamplingStep(index: index, count: 1000, from: levels[index], to: levels[index + 1])
      latents = try solver.step(
        latents, step,
        denoise: { x, level in
          let variance = level.signal * level.signal + level.noise * level.noise
          return Prediction(
            denoised: Float(level.signal / variance) * x, noise: Float(level.noise / variance) * x)
        }, noise: &noise)
    }
    return abs(Double(latents.floats[0]) / levels[count].magnitude - 1)
  }
  return log2(errors[0] / errors[1])
}
