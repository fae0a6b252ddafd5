import Checkpoints
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@testable import Projectors

@Suite struct InputProjectorTests {
  static let names = ["linear", "mlp", "pooled", "qformer", "qformer-original"]

  /// What the encoder's states of a picture become, chosen as the configuration says; whether they are the reference's is
  /// tested with the encoder.
  @Test(arguments: names) func projects(_ name: String) throws {
    let states = try Fixture.tensors("images/expected.safetensors")
    let projector = try loadInputProjector(folder: Fixture.url("images/\(name)"))
    let c = projector.configuration
    guard c.kind != .qFormer else {
      // Its input is normalized by the encoder; any states give as many rows as there are queries.
      #expect(try projector(try #require(states["states.3"])).shape == [6, c.llmHiddenSize])
      return
    }
    let features =
      try c.features == .pooled
      ? #require(states["pooled"]).reshaped([1, 1, c.encoderHiddenSize])
      : #require(states["states.2"])[0][1..<17].reshaped([1, 16, c.encoderHiddenSize])
    let rows = try #require(Fixture.tensors("images/\(name).safetensors")["rows"])
    expectClose(try projector(features), rows, 1e-5, name)
  }

  @Test(arguments: names) func damagedFilesAreNamed(_ name: String) throws {
    let folder = Fixture.url("images/\(name)")
    let configuration = try InputProjectorConfiguration(contentsOf: folder.appending(path: "config.json"))
    let all = try Weights(contentsOf: folder).all
    for key in all.keys.sorted() {
      for replacement in [nil, Tensor.zeros([7])] {
        var tensors = all
        tensors[key] = replacement
        #expect(throws: WeightsError.self, "\(key)") {
          try InputProjector(Weights(tensors, source: "x"), configuration)
        }
      }
    }
    var more = all
    more["extra"] = Tensor.zeros([1])
    #expect(throws: WeightsError.unread(["extra"], source: "x")) {
      try InputProjector(Weights(more, source: "x"), configuration)
    }
  }

  @Test func otherStatesAreErrors() throws {
    let projector = try loadInputProjector(folder: Fixture.url("images/linear"))
    for shape in [[1, 4, 23], [2, 4, 24], [4, 24]] {
      #expect(throws: ProjectorError.self) { try projector(Tensor.zeros(shape)) }
    }
  }

  @Test(arguments: [
    "{}", #"{"_class_name": "Magic"}"#, #"{"_class_name": "LinearInputProjector"}"#,
    #"{"_class_name": "LinearInputProjector", "encoder_hidden_size": 0, "llm_hidden_size": 1}"#,
    #"{"_class_name": "LinearInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "features": "all"}"#,
    #"{"_class_name": "LinearInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "query_count": 3}"#,
    #"{"_class_name": "LinearInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "warp": 3}"#,
    #"{"_class_name": "QFormerInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "query_count": 3}"#,
    #"{"_class_name": "QFormerInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "query_count": 3, "#
      + #""hidden_size": 5, "heads": 2, "layers": 1, "ffn_size": 1}"#,
    #"{"_class_name": "LinearInputProjector", "encoder_hidden_size": 4, "llm_hidden_size": 1, "feature_layer": 999}"#,
  ])
  func impossibleConfigurations(_ json: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "config.json")
      try Data(json.utf8).write(to: file)
      #expect(throws: ConfigurationError.self) { try InputProjectorConfiguration(contentsOf: file) }
    }
  }
}
