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

  /// N(0, 1) data: the exact solution keeps x where the variance is kept, and errors fall with the solver's order.
  @Test func ddimIsOfFirstOrder() throws {
    let order = try observedOrder(of: DDIM())
    #expect(abs(order - 1) < 0.1, "observed order \(order)")
  }
}

/// log₂ of the error's fall from 40 to 80 steps, from σ = 20 to 0.05 in even steps of ln σ.
func observedOrder(of solver: any Solver) throws -> Double {
  let errors = try [40, 80].map { count -> Double in
    var solver = solver
    var noise = GaussianNoise([TorchRandomSource(seed: 0)], shape: [1, 1, 1])
    let levels = (0...count).map { index in
      let sigma = 20 * pow(0.0025, Double(index) / Double(count))
      return NoiseLevel(timestep: Double(count - index), alphaCumprod: 1 / (1 + sigma * sigma))
    }
    var latents = Tensor([1], shape: [1, 1, 1, 1])
    for index in 0..<count {
      let step = SamplingStep(index: index, count: count, from: levels[index], to: levels[index + 1])
      latents = try solver.step(
        latents, step,
        denoise: { x, level in
          Prediction(denoised: Float(level.signal) * x, noise: Float(level.noise) * x)
        }, noise: &noise)
    }
    return Double(abs(latents.floats[0] - 1))
  }
  return log2(errors[0] / errors[1])
}
