import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct AdamWTests {
  private static let start = ["matrix": direction([3, 4], 1), "vector": direction([5], 2)]

  private static func update(
    _ optimizer: inout AdamW, _ parameters: inout [String: Tensor], _ step: Int
  ) {
    let gradients = [
      "matrix": Float(step + 1) * direction([3, 4], 3 + Double(step)),
      "vector": direction([5], 4 + Double(step)),
    ]
    optimizer.update(&parameters, gradients, learningRate: 0.01, weightDecay: 0.1)
  }

  @Test func equalsPyTorch() throws {
    let expected = try Fixture.tensors("training/adamw.safetensors")
    var (optimizer, parameters) = (AdamW(), Self.start)
    for step in 0..<3 { Self.update(&optimizer, &parameters, step) }
    for (name, tensor) in expected { expectClose(try #require(parameters[name]), tensor, 1e-6, name) }
  }

  @Test func stateGoesOn() {
    var (whole, parameters) = (AdamW(), Self.start)
    for step in 0..<3 { Self.update(&whole, &parameters, step) }
    var (first, resumed) = (AdamW(), Self.start)
    for step in 0..<2 { Self.update(&first, &resumed, step) }
    var second = AdamW(stepCount: first.stepCount, means: first.means, squares: first.squares)
    Self.update(&second, &resumed, 2)
    #expect(resumed.mapValues(\.bitPatterns) == parameters.mapValues(\.bitPatterns))
  }

  @Test func parametersWithoutGradientsStay() {
    var (optimizer, parameters) = (AdamW(), Self.start)
    optimizer.update(
      &parameters, ["vector": direction([5], 0)], learningRate: 0.1, weightDecay: 0.1)
    #expect(parameters["matrix"]?.floats == Self.start["matrix"]?.floats)
    #expect(parameters["vector"]?.floats != Self.start["vector"]?.floats)
  }

  @Test func rateRisesAndFalls() {
    let rate = LearningRate(peak: 2, warmUp: 4, total: 104)
    #expect((0..<4).map { rate($0) } == [0.5, 1, 1.5, 2])
    #expect(abs(rate(4) - 2) < 1e-12 && abs(rate(54) - 1.1) < 1e-12 && abs(rate(104) - 0.2) < 1e-12)
    #expect((4..<104).allSatisfy { rate($0 + 1) < rate($0) })
  }

  @Test func longGradientsAreShortened() {
    let gradients = ["a": Tensor([3], shape: [1]), "b": Tensor([4], shape: [1])]
    let (same, length) = clipped(gradients, to: 5)
    #expect(length == 5 && same["a"]?.floats == [3])
    #expect(clipped(gradients, to: 1).gradients.mapValues(\.floats) == ["a": [0.6], "b": [0.8]])
  }
}
