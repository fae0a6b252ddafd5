import Checkpoints
import Projectors
import Tensors
import TestSupport
import Testing

/// Every projector against its PyTorch original (Tests/Fixtures/projectors/make.py).
@Suite struct ProjectorParityTests {
  static let names = ["linear", "gill", "nextgpt", "minigpt5", "metaquery"]

  @Test(arguments: names)
  func conditioningEqualsPyTorch(name: String) throws {
    let projector = try loadProjector(folder: Fixture.url("projectors/\(name)"))
    let expected = try Fixture.tensors("projectors/\(name)/expected.safetensors")
    let conditioning = try projector(#require(expected["states"]), inputEmbeddings: expected["rows"])
    let configuration = projector.configuration
    #expect(conditioning.shape == [2, configuration.queryCount, configuration.outputSize])
    expectClose(conditioning, try #require(expected["conditioning"]), 1e-5, name)
  }

  /// What `null_condition: zeros` means for each projector; the fixtures' own choice differs.
  @Test(arguments: names)
  func zerosEqualPyTorch(name: String) throws {
    let (tensors, configuration) = try Replica.parts(name)
    let zeros = try configuration.changing(nullCondition: .zeros)
    let projector = try OutputProjector(
      Weights(tensors.filter { $0.key != "null_condition" }, source: name), zeros)
    let expected = try Fixture.tensors("projectors/\(name)/expected.safetensors")
    expectClose(try #require(projector.nullCondition()), try #require(expected["zeros"]), 1e-5, name)
  }

  /// The keys with the prefixes of the published checkpoints, and with none.
  @Test(arguments: ["gill", "nextgpt", "linear"])
  func prefixesChangeNothing(name: String) throws {
    let (tensors, configuration) = try Replica.parts(name)
    let bare = Dictionary(
      uniqueKeysWithValues: tensors.map { key, value in
        (Replica.prefixes.reduce(key) { $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0 }, value)
      })
    let expected = try Fixture.tensors("projectors/\(name)/expected.safetensors")
    for prefix in [""] + Replica.prefixes {
      let keyed = bare.map { key, value in (key.hasPrefix("signal_") ? key : prefix + key, value) }
      let projector = try OutputProjector(
        Weights(Dictionary(uniqueKeysWithValues: keyed), source: name), configuration)
      let conditioning = try projector(#require(expected["states"]), inputEmbeddings: expected["rows"])
      expectClose(conditioning, try #require(expected["conditioning"]), 1e-5, prefix)
    }
  }

  /// A linear layer may be called `model`, `fc` or nothing at all.
  @Test(arguments: ["model.", "fc.", ""])
  func linearKeysChangeNothing(layer: String) throws {
    let (tensors, configuration) = try Replica.parts("linear")
    let keyed = tensors.map { key, value in (layer + key.split(separator: ".").last!, value) }
    let projector = try OutputProjector(
      Weights(Dictionary(uniqueKeysWithValues: keyed), source: "linear"), configuration)
    let expected = try Fixture.tensors("projectors/linear/expected.safetensors")
    expectClose(
      try projector(#require(expected["states"])), try #require(expected["conditioning"]), 1e-5, layer)
  }
}
