import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import TextEncoders

@Suite struct CLIPTextModelTests {
  private static func parts(_ name: String) throws -> ([String: Tensor], CLIPTextConfiguration) {
    (
      try Fixture.tensors("text-encoders/\(name)/model.safetensors"),
      try Fixture.json("text-encoders/\(name)/config.json")
    )
  }

  @Test func wrongTokensAreErrors() throws {
    let model = try CLIPTextParityTests.model("clip-l")
    #expect(throws: TextEncoderError.noTokens) { try model([]) }
    #expect(throws: TextEncoderError.noTokens) { try model([[]]) }
    #expect(throws: TextEncoderError.unknownToken(128, count: 128)) { try model([[126, 128]]) }
    #expect(throws: TextEncoderError.unknownToken(-1, count: 128)) { try model([[126, -1]]) }
    #expect(throws: TextEncoderError.tooLong(78, maximum: 77)) {
      try model([[Int](repeating: 5, count: 78)])
    }
    #expect(throws: TextEncoderError.unequalLengths([2, 3])) { try model([[126, 127], [126, 5, 127]]) }
  }

  @Test func layersAreSkippedFromTheEnd() throws {
    let model = try CLIPTextParityTests.model("clip-l")
    let output = try model([[126, 5, 127]])
    #expect(try output.hiddenState(skipping: 0).floats == output.hiddenStates[3].floats)
    #expect(try output.hiddenState(skipping: 3).floats == output.hiddenStates[0].floats)
    #expect(throws: TextEncoderError.tooManySkipped(4, layers: 3)) { try output.hiddenState(skipping: 4) }
    #expect(throws: TextEncoderError.self) { try output.hiddenState(skipping: -1) }
    let last = model.normalized(try output.hiddenState(skipping: 0))
    #expect(last.floats == output.lastHiddenState.floats)
  }

  /// A token that repeats another's row is read as that other.
  @Test func addedRowsFollowTheVocabulary() throws {
    let (tensors, _) = try Self.parts("openclip-h")
    let table = try #require(tensors["embeddings.token_embedding.weight"])
    let model = try CLIPTextParityTests.model("openclip-h")
    let larger = try model.adding(rows: table[20..<21]).adding(rows: table[30..<32])
    let output = try larger([[126, 128, 130, 127]])
    #expect(output.lastHiddenState.floats == (try model([[126, 20, 31, 127]])).lastHiddenState.floats)
    #expect(output.pooled.floats == output.lastHiddenState[0][3].floats)
    #expect(throws: TextEncoderError.unknownToken(131, count: 131)) { try larger([[131]]) }
    #expect(throws: TextEncoderError.wrongEmbeddings(expectedWidth: 40, found: [1, 41])) {
      try model.adding(rows: Tensor.zeros([1, 41]))
    }
  }

  /// `eos_token_id` 2 pools at the highest id, any other at its first place, and at the front where it is missing.
  @Test func poolsWhereTransformersDoes() throws {
    let highest = try CLIPTextParityTests.model("clip-l")([[126, 5, 125, 9, 127, 127]])
    #expect(highest.pooled.floats == highest.lastHiddenState[0][4].floats)
    let first = try CLIPTextParityTests.model("openclip-h")([[126, 127, 127]])
    #expect(first.pooled.floats == first.lastHiddenState[0][1].floats)
    let missing = try CLIPTextParityTests.model("openclip-h")([[126, 5, 9]])
    #expect(missing.pooled.floats == missing.lastHiddenState[0][0].floats)
  }

  @Test(arguments: CLIPTextParityTests.names)
  func everyTensorIsNeeded(name: String) throws {
    let (tensors, configuration) = try Self.parts(name)
    for key in tensors.keys where !key.hasSuffix("position_ids") {
      var fewer = tensors
      fewer[key] = nil
      #expect(throws: WeightsError.missing(key, source: name)) {
        try CLIPTextModel(Weights(fewer, source: name), configuration)
      }
    }
  }

  @Test func damagedWeightsAreAnError() throws {
    var (tensors, configuration) = try Self.parts("clip-l")
    let key = "text_model.encoder.layers.1.mlp.fc1.weight"
    tensors[key] = Tensor(repeating: .nan, shape: try #require(tensors[key]).shape)
    let model = try CLIPTextModel(Weights(tensors, source: "clip"), configuration)
    #expect(throws: TextEncoderError.notFinite(source: "clip")) { try model([[126, 127]]) }
  }
}
