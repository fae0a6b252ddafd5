import Foundation
import LanguageModels
import Tensors
import TestSupport
import Testing

@testable import Training

/// The gradient of the signal rows through the whole frozen model, against transformers
/// (Tests/Fixtures/training/make.py): grouped queries, rotary positions in both pairings, biases, linear scaling.
@Suite struct LlamaGradientTests {
  private static func model(_ name: String) throws -> LlamaModel {
    let model = try LanguageModel(contentsOf: Fixture.url("language/\(name)"))
    return try #require(model.decoder as? LlamaModel)
  }

  private static func rows() throws -> Tensor {
    try #require(Fixture.tensors("language/signals.safetensors")["signal_embeddings.weight"])
  }

  private static func texts() throws -> [[Int]] {
    let ids: [Int] = try Fixture.json("language/ids.json")
    return [Array(ids[0..<9]), Array(ids[9..<15])]
  }

  @Test(arguments: ["llama-tied", "llama-linear", "mistral", "qwen2", "llama-tied.gguf", "qwen2.gguf"])
  func equalsTransformers(_ name: String) throws {
    let model = try Self.model(name)
    let rows = Variable(parameter: try Self.rows())
    let read = model.reading(try Self.texts())
    #expect(read.map(\.count) == [9, 6])
    let states = model.states(rows.repeated(2).reshaped([8, 32]), after: read)
    let answers = try Fixture.tensors("training/llama.safetensors")
    let key = String(name.prefix { $0 != "." })
    expectClose(states.value, try #require(answers["\(key).states"]), 1e-5, "\(name) states")
    states.backward(seed: direction([8, 32], 0.5))
    expectClose(try #require(rows.gradient), try #require(answers["\(key).rows"]), 1e-5, "\(name) rows")
  }

  /// Q8_0 matrices are decoded on the way back too.
  @Test func quantizedEqualsDifferences() throws {
    let model = try Self.model("llama3-q8.gguf")
    let read = model.reading(try Self.texts())
    expectGradients(of: [try Self.rows()], step: 3e-3, tolerance: 3e-3) {
      model.states($0[0].repeated(2).reshaped([8, 32]), after: read)
    }
  }

  /// The states are those of the ordinary pass, and reading texts together changes nothing but rounding.
  @Test func readingIsTheOrdinaryPass() throws {
    let model = try Self.model("llama-tied")
    let rows = try Self.rows()
    let texts = try Self.texts()
    for (i, text) in texts.enumerated() {
      var cache = model.makeCache()
      let expected = try model.hiddenStates(
        embeddings: Tensor.concatenating([model.embed(text), rows]), cache: &cache)
      let read = model.reading(texts)[i]
      let states = model.states(Variable(constant: rows), after: [read])
      expectClose(states.value, expected[text.count..<text.count + 4], 1e-5)
      expectClose(read.lastState, expected[text.count - 1..<text.count], 1e-5)
    }
  }

  @Test func earlierLayers() throws {
    let whole = try LanguageModel(contentsOf: Fixture.url("language/llama-tied"))
    let part = try whole.keeping(layers: 1)
    #expect(part.decoder.layerCount == 1 && part.decoder.makeCache().count == 0)
    let texts = try Self.texts()
    var cache = part.decoder.makeCache()
    let states = try part.decoder.hiddenStates(tokens: texts[0], cache: &cache)
    let model = try #require(part.decoder as? LlamaModel)
    expectClose(model.reading([texts[0]])[0].lastState, states[8..<9], 1e-5)
    for layers in [0, -1, whole.decoder.layerCount + 1] {
      #expect(throws: LanguageModelError.self) { try whole.keeping(layers: layers) }
    }
  }

  @Test func threadsDoNotMatter() throws {
    let model = try Self.model("qwen2")
    defer { ThreadPool.threadCount = ProcessInfo.processInfo.activeProcessorCount }
    let gradients = try [1, 2, 3].map { threads in
      ThreadPool.threadCount = threads
      let rows = Variable(parameter: try Self.rows())
      let states = model.states(rows.repeated(2).reshaped([8, 32]), after: model.reading(try Self.texts()))
      states.backward(seed: direction([8, 32], 0.5))
      return rows.gradient?.bitPatterns
    }
    #expect(gradients[0] == gradients[1] && gradients[0] == gradients[2])
  }
}
