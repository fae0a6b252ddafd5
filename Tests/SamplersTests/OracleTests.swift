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
}
