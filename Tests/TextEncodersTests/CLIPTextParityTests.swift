import Checkpoints
import Tensors
import TestSupport
import Testing
import TextEncoders

/// Each family's text encoder against transformers (Tests/Fixtures/text-encoders/make.py).
@Suite struct CLIPTextParityTests {
  static let names = ["clip-l", "openclip-h", "openclip-bigg"]

  static func model(_ name: String) throws -> CLIPTextModel {
    try CLIPTextModel(folder: Fixture.url("text-encoders/\(name)"))
  }

  static func expected(_ name: String) throws -> (ids: [[Int]], tensors: [String: Tensor]) {
    let tensors = try Fixture.tensors("text-encoders/\(name)/expected.safetensors")
    let ids = try #require(tensors["ids"])
    return ((0..<ids.shape[0]).map { ids[$0].floats.map { Int($0) } }, tensors)
  }

  @Test(arguments: names)
  func statesEqualTransformers(name: String) throws {
    let model = try Self.model(name)
    let (ids, expected) = try Self.expected(name)
    let output = try model(ids)
    #expect(output.hiddenStates.count == model.configuration.layerCount + 1)
    expectClose(output.lastHiddenState, try #require(expected["last"]), 1e-5, "last")
    expectClose(
      try output.hiddenState(skipping: 1), try #require(expected["penultimate"]), 1e-5, "penultimate")
    expectClose(output.hiddenStates[0], try #require(expected["first"]), 1e-5, "embeddings")
    if let pooled = expected["pooled"] {
      expectClose(output.pooled, pooled, 1e-5, "pooled")
      #expect(output.textEmbeds == nil)
    }
    if let embeds = expected["embeds"] {
      expectClose(try #require(output.textEmbeds), embeds, 1e-5, "embeds")
    }
  }

  /// A batch answers as its sequences do one by one, and padding changes nothing before it.
  @Test(arguments: names)
  func sequencesAreIndependent(name: String) throws {
    let model = try Self.model(name)
    let ids = try Self.expected(name).ids
    let together = try model(ids)
    let alone = try model([ids[1]])
    expectClose(alone.lastHiddenState, together.lastHiddenState[1..<2], 1e-5)
    let short = try model([Array(ids[1][..<11])])
    expectClose(short.lastHiddenState[0], together.lastHiddenState[1][0..<11], 1e-5)
    expectClose(short.pooled, together.pooled[1..<2], 1e-5)
  }

  /// With and without `text_model.`, in fp32 and in fp16.
  @Test(arguments: names)
  func prefixChangesNothing(name: String) throws {
    let configuration: CLIPTextConfiguration = try Fixture.json("text-encoders/\(name)/config.json")
    let tensors = try Fixture.tensors("text-encoders/\(name)/model.safetensors")
    let (ids, expected) = try Self.expected(name)
    let bare = tensors.map { key, value in
      (key.hasPrefix("text_model.") ? String(key.dropFirst("text_model.".count)) : key, value)
    }
    for prefix in ["", "text_model."] {
      let keyed = bare.map { key, value in (key.hasPrefix("text_projection") ? key : prefix + key, value) }
      let model = try CLIPTextModel(
        Weights(Dictionary(uniqueKeysWithValues: keyed), source: name), configuration)
      expectClose(try model(ids).lastHiddenState, try #require(expected["last"]), 1e-5, prefix)
    }
    let halves = tensors.mapValues { $0.dtype == .float32 ? $0.converted(to: .float16) : $0 }
    let model = try CLIPTextModel(Weights(halves, source: name), configuration)
    expectClose(try model(ids).lastHiddenState, try #require(expected["last"]), 1e-2, "fp16")
  }
}
