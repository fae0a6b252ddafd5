import Checkpoints
import Projectors
import Tensors
import TestSupport
import Testing

@testable import Training

/// Every projector's computation and gradients against PyTorch (Tests/Fixtures/training/make.py).
@Suite struct ProjectorNetworkTests {
  static let names = ["linear", "gill", "nextgpt", "minigpt5", "metaquery"]
  private static let prefixes = [
    "model.gen_text_hidden_fcs.0.", "gen_text_hidden_fcs.0.", "mm_output_img_projector.",
  ]

  /// The fixture's tensors under our names.
  private static func parameters(_ name: String) throws -> [String: Tensor] {
    let tensors = try Fixture.tensors("projectors/\(name)/model.safetensors")
    let trained = tensors.filter { !$0.key.hasPrefix("signal_") && $0.key != "null_condition" }
    return Dictionary(uniqueKeysWithValues: trained.map { (ours($0.key, name), $0.value) })
  }

  private static func ours(_ key: String, _ name: String) -> String {
    let bare = prefixes.first { key.hasPrefix($0) }.map { String(key.dropFirst($0.count)) } ?? key
    return name == "linear" ? bare.replacing("model.", with: "fc.") : bare
  }

  @Test(arguments: names) func gradientsEqualPyTorch(_ name: String) throws {
    let configuration: ProjectorConfiguration = try Fixture.json("projectors/\(name)/config.json")
    let expected = try Fixture.tensors("projectors/\(name)/expected.safetensors")
    let answers = try Fixture.tensors("training/projectors.safetensors")
    let given = try #require(expected["states"])
    let inputs = Variable(parameter: given)
    var states = inputs
    if let rows = expected["rows"] {
      let row = Variable(constant: rows.reshaped([-1]))
      states = states.reshaped([given.shape[0], -1]).addingRow(row).reshaped(given.shape)
    }
    let parameters = try Self.parameters(name).mapValues { Variable(parameter: $0) }
    let conditioning = ProjectorNetwork(configuration, parameters: parameters)(states)
    expectClose(conditioning.value, try #require(expected["conditioning"]), 1e-5, name)

    conditioning.backward(seed: direction(conditioning.value.shape, 0.5))
    expectClose(
      try #require(inputs.gradient), try #require(answers["\(name).states"]), 1e-5, "\(name) states")
    let own = answers.filter { $0.key.hasPrefix("\(name).tensors.") }
    #expect(own.count == parameters.count)
    for (key, answer) in own {
      let ours = Self.ours(String(key.dropFirst("\(name).tensors.".count)), name)
      let gradient = try #require(parameters[ours]?.gradient, "\(key)")
      let values = gradient.doubles
      let along = zip(values, direction(gradient.shape, 0.25).doubles).reduce(0) { $0 + $1.0 * $1.1 }
      let found = [gradient.sumOfSquares.squareRoot(), along, values[0], values[values.count - 1]]
      expectClose(Tensor(doubles: found, shape: [4]), answer, 1e-5, key)
    }
  }

  @Test(arguments: names) func initialParametersAreComplete(_ name: String) throws {
    let configuration: ProjectorConfiguration = try Fixture.json("projectors/\(name)/config.json")
    let initial = ProjectorNetwork.initialParameters(configuration, seed: 4)
    let expected = try Self.parameters(name)
    #expect(initial.mapValues(\.shape) == expected.mapValues(\.shape))
    #expect(initial.values.allSatisfy { $0.isFinite })
    let again = ProjectorNetwork.initialParameters(configuration, seed: 4)
    #expect(initial.mapValues(\.bitPatterns) == again.mapValues(\.bitPatterns))
    let other = ProjectorNetwork.initialParameters(configuration, seed: 5)
    #expect(initial.mapValues(\.bitPatterns) != other.mapValues(\.bitPatterns))
    let (first, last) = ProjectorNetwork.ends(configuration.kind)
    #expect(initial["\(first).weight"]?.shape.last == configuration.llmHiddenSize)
    #expect(initial["\(last).bias"]?.shape == [configuration.outputSize])
  }
}
