import Checkpoints
import Projectors
import Tensors
import TestSupport
import Testing

@Suite struct OutputProjectorTests {
  @Test func learnedNullConditionIsTheTensor() throws {
    let (tensors, configuration) = try Replica.parts("metaquery")
    let projector = try OutputProjector(Weights(tensors, source: "m"), configuration)
    #expect(projector.nullCondition()?.floats == tensors["null_condition"]?.floats)
    #expect(projector.signalEmbeddings == nil && projector.signalHead == nil)
  }

  @Test func textNullConditionIsLeftToTheTextEncoder() throws {
    #expect(try loadProjector(folder: Fixture.url("projectors/gill")).nullCondition() == nil)
  }

  @Test func signalRowsAreExposed() throws {
    let (tensors, configuration) = try Replica.parts("gill")
    let projector = try OutputProjector(Weights(tensors, source: "g"), configuration)
    #expect(projector.signalEmbeddings?.floats == tensors["signal_embeddings.weight"]?.floats)
    #expect(projector.signalHead?.floats == tensors["signal_head.weight"]?.floats)
  }

  @Test func wrongTokenCountNamesBothNumbers() throws {
    let projector = try loadProjector(folder: Fixture.url("projectors/minigpt5"))
    #expect(throws: ProjectorError.wrongStates(expectedTokens: 8, width: 40, found: [1, 1, 40])) {
      try projector(Tensor.zeros([1, 1, 40]))
    }
    #expect(
      ProjectorError.wrongStates(expectedTokens: 8, width: 40, found: [1, 1, 40]).description
        == "the projector expects the states of 8 tokens, but got those of 1")
    for shape in [[8, 40], [1, 8, 41], [0, 8, 40], [1, 8, 40, 1]] {
      #expect(throws: ProjectorError.self, "\(shape)") { try projector(Tensor.zeros(shape)) }
    }
  }

  @Test func nextGPTReadsTheSpacesToo() throws {
    let projector = try loadProjector(folder: Fixture.url("projectors/nextgpt"))
    #expect(projector.configuration.signalTokens.count == 4 && projector.configuration.stateCount == 7)
    #expect(throws: ProjectorError.wrongStates(expectedTokens: 7, width: 40, found: [1, 4, 40])) {
      try projector(Tensor.zeros([1, 4, 40]), inputEmbeddings: Tensor.zeros([7, 40]))
    }
  }

  @Test func inputEmbeddingsAreAskedFor() throws {
    let projector = try loadProjector(folder: Fixture.url("projectors/gill"))
    let states = Tensor.zeros([1, 8, 40])
    #expect(throws: ProjectorError.missingInputEmbeddings) { try projector(states) }
    #expect(throws: ProjectorError.wrongInputEmbeddings(expected: [8, 40], found: [7, 40])) {
      try projector(states, inputEmbeddings: Tensor.zeros([7, 40]))
    }
  }

  @Test(arguments: ProjectorParityTests.names)
  func everyTensorIsNeeded(name: String) throws {
    let (tensors, configuration) = try Replica.parts(name)
    for key in tensors.keys where !key.hasPrefix("signal_") {
      var fewer = tensors
      fewer[key] = nil
      #expect {
        try OutputProjector(Weights(fewer, source: name), configuration)
      } throws: { error in
        error as? WeightsError == .missing(key, source: name)
      }
    }
  }

  @Test(arguments: ProjectorParityTests.names)
  func everyShapeIsChecked(name: String) throws {
    let (tensors, configuration) = try Replica.parts(name)
    for (key, tensor) in tensors {
      let changed = tensors.merging([key: Tensor.zeros(tensor.shape + [2])]) { $1 }
      #expect("\(key)") {
        try OutputProjector(Weights(changed, source: name), configuration)
      } throws: { error in
        guard case WeightsError.wrongShape(key, _, _, _) = error else { return false }
        return true
      }
    }
  }

  @Test(arguments: ProjectorParityTests.names)
  func unreadTensorsAreNamed(name: String) throws {
    let (tensors, configuration) = try Replica.parts(name)
    let more = tensors.merging(["logit_scale": Tensor.zeros([1])]) { $1 }
    #expect(throws: WeightsError.unread(["logit_scale"], source: name)) {
      try OutputProjector(Weights(more, source: name), configuration)
    }
  }

  @Test func damagedWeightsAreNamed() throws {
    let (tensors, configuration) = try Replica.parts("metaquery")
    let damaged = tensors.merging(["norm.bias": Tensor(repeating: .nan, shape: [32])]) { $1 }
    #expect(throws: WeightsError.notFinite("norm.bias", source: "m")) {
      try OutputProjector(Weights(damaged, source: "m"), configuration)
    }
  }
}
