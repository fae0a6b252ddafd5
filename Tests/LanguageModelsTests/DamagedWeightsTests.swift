import Checkpoints
import TestSupport
import Tensors
import Testing

@testable import LanguageModels

@Suite struct DamagedWeightsTests {
  /// One NaN anywhere is noticed when the model is built or at the latest when it runs.
  @Test(arguments: ["llama-tied", "qwen2"]) func oneNaNIsNoticed(_ name: String) throws {
    let url = Fixture.url("language/\(name).gguf")
    let file = try GGUFFile(contentsOf: url)
    for (key, tensor) in file.tensors {
      var values = tensor.floats
      // In the embeddings, a row that is read.
      values[key == "token_embd.weight" ? 5 * 32 : values.count / 2] = .nan
      var tensors = file.tensors
      tensors[key] = Tensor(values, shape: tensor.shape)
      let weights = try Weights(tensors, source: url.path).renamed(ggufLlamaName)
      #expect(throws: (any Error).self, "\(key)") {
        let model = try LlamaModel(weights, LlamaConfiguration(file.metadata, weights))
        var cache = model.makeCache()
        let states = try model.hiddenStates(tokens: [0, 5, 9, 100], cache: &cache)
        _ = try model.nextTokenLogits(states[3])
      }
    }
  }

  @Test func missingAndUnreadTensorsAreNamed() throws {
    let url = Fixture.url("language/llama-tied.gguf")
    let file = try GGUFFile(contentsOf: url)
    func open(_ tensors: [String: Tensor]) throws {
      let weights = try Weights(tensors, source: "model.gguf").renamed(ggufLlamaName)
      _ = try LlamaModel(weights, LlamaConfiguration(file.metadata, weights))
    }
    for key in file.tensors.keys {
      var tensors = file.tensors
      tensors[key] = nil
      #expect(throws: (any Error).self, "\(key)") { try open(tensors) }
    }
    var tensors = file.tensors
    tensors["blk.0.attn_q_norm.weight"] = .zeros([8])
    #expect(throws: WeightsError.unread(["model.layers.0.self_attn.q_norm.weight"], source: "model.gguf")) {
      try open(tensors)
    }
  }
}
