import Projectors
import Tensors
import TestSupport
import Testing
import Training

@testable import Alignment

@Suite struct StateScalingTests {
  /// A projector that was trained on scaled states gives, with the scaling folded in, the same for states as they come.
  @Test(arguments: ["linear", "gill", "nextgpt", "minigpt5", "metaquery"])
  func foldingChangesNothing(_ name: String) throws {
    let configuration: ProjectorConfiguration = try Fixture.json("projectors/\(name)/config.json")
    let parameters = ProjectorNetwork.initialParameters(configuration, seed: 6)
    var random = SeededGenerator(seed: 4)
    let shape = [5, configuration.stateCount, configuration.llmHiddenSize]
    // A channel far from 0, and one that never moves.
    let offset = Tensor(
      (0..<configuration.llmHiddenSize).map { $0 == 3 ? 40 : 0.1 * Float($0) },
      shape: [configuration.llmHiddenSize])
    let states = random.tensor(shape).multipliedByRow(
      (0..<configuration.llmHiddenSize).map { $0 == 7 ? 0 : 1 + Float($0) / 8 }
    ).addingRow(offset)
    let scaling = StateScaling(states, configuration.kind)
    func network(_ parameters: [String: Tensor]) -> ProjectorNetwork {
      ProjectorNetwork(configuration, parameters: parameters.mapValues { Variable(constant: $0) })
    }
    let scaled = scaling(Variable(constant: states))
    let expected = network(parameters)(scaled).value
    let folded = network(scaling.folded(into: parameters))(Variable(constant: states)).value
    expectClose(folded, expected, 2e-5, name)

    // Every channel that moves has deviation 1 about its tokens' means.
    #expect(scaled.value.isFinite)
    if configuration.kind == .metaQuery {
      let values = scaled.value.doubles
      let width = configuration.llmHiddenSize
      let spread = stride(from: 5, to: values.count, by: width).reduce(0) { $0 + values[$1] * values[$1] }
      #expect(abs(spread / Double(values.count / width) - 1) < 1e-2)
    }
  }
}
