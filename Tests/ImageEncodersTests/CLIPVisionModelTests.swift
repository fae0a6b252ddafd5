import Checkpoints
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@testable import ImageEncoders

@Suite struct CLIPVisionModelTests {
  private let folder = Fixture.url("images/image_encoder")

  private func configuration() throws -> CLIPVisionConfiguration {
    try CLIPVisionConfiguration(contentsOf: folder.appending(path: "config.json"))
  }

  private func expectAnswer(of model: CLIPVisionModel) throws {
    let expected = try Fixture.tensors("images/expected.safetensors")
    let states = try model.hiddenStates(try #require(expected["pixels"]))
    #expect(states.count == 4)
    for (index, state) in states.enumerated() {
      expectClose(state, try #require(expected["states.\(index)"]), 1e-5, "\(index)")
    }
    expectClose(model.pooled(states), try #require(expected["pooled"]), 1e-5, "pooled")
  }

  @Test func answersAsTransformers() throws { try expectAnswer(of: CLIPVisionModel(folder: folder)) }

  /// Published files have `vision_model.` before every name, transformers 5 writes none; whole CLIPs have a text encoder too.
  @Test func namesWithAndWithoutPrefix() throws {
    let weights = try Weights(contentsOf: folder)
    let bare = try weights.renamed { removing(prefix: "vision_model.", from: $0) }
    try expectAnswer(of: CLIPVisionModel(bare, configuration()))
    let prefixed = try bare.renamed { "vision_model." + $0 }
    try expectAnswer(of: CLIPVisionModel(prefixed, configuration()))
  }

  @Test func damagedFilesAreNamed() throws {
    let all = try Weights(contentsOf: folder).all
    for name in all.keys.sorted() {
      var tensors = all
      tensors[name] = nil
      #expect(throws: WeightsError.self, "\(name)") {
        try CLIPVisionModel(Weights(tensors, source: "x"), configuration())
      }
      tensors[name] = Tensor.zeros([3, 1])
      #expect(throws: WeightsError.self, "\(name)") {
        try CLIPVisionModel(Weights(tensors, source: "x"), configuration())
      }
    }
  }

  @Test func otherSizesAreErrors() throws {
    let model = try CLIPVisionModel(folder: folder)
    #expect(throws: ImageEncoderError.wrongSize(found: [1, 16, 32, 3], expected: 32)) {
      try model.hiddenStates(Tensor.zeros([1, 16, 32, 3]))
    }
  }

  @Test(arguments: [
    #"{"hidden_size": 0}"#, #"{"num_attention_heads": 5, "hidden_size": 24}"#, #"{"patch_size": 500}"#,
    #"{"image_size": 1e12}"#, #"{"hidden_act": "step"}"#, #"{"model_type": "siglip_vision_model"}"#,
    #"{"num_channels": 1}"#, #"{"num_hidden_layers": 1.5}"#, #"{"layer_norm_eps": -1}"#, "[]", "",
  ])
  func impossibleConfigurations(_ json: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "config.json")
      try Data(json.utf8).write(to: file)
      #expect(throws: ConfigurationError.self) { try CLIPVisionConfiguration(contentsOf: file) }
    }
  }
}
