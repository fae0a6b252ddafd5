import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Generation

/// How prompts are read, against diffusers, transformers and AUTOMATIC1111's parser (`Tests/Fixtures/formats/prompts.py`).
struct PromptReadingTests {
  private struct Reference: Decodable {
    struct Part: Decodable {
      let text: String
      let weight: Double
    }
    struct Parsed: Decodable {
      let prompt: String
      let parts: [Part]
    }
    let parsed: [Parsed]
    let long: String
    let weighted: String
  }

  private let reference: Reference
  private let states: [String: Tensor]

  init() throws {
    reference = try Fixture.json("formats/prompts.json")
    states = try Fixture.tensors("formats/prompts.safetensors")
  }

  private func files(_ family: String, _ change: (inout ModelChoices) -> Void = { _ in }) throws -> ModelFiles
  {
    var choices = ModelChoices()
    change(&choices)
    return try ModelFiles(contentsOf: Fixture.url("formats/\(family).ckpt"), choices)
  }

  private func encoder(_ family: String, _ change: (inout ModelChoices) -> Void = { _ in }) throws
    -> any PromptEncoder
  {
    let files = try files(family, change)
    return family == "sdxl" ? try SDXLPromptEncoder(files) : try CLIPPromptEncoder(files)
  }

  private func options(_ change: (inout PromptOptions) -> Void) -> PromptOptions {
    var options = PromptOptions()
    change(&options)
    return options
  }

  private func expectStates(
    _ actual: PromptConditioning, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try #require(states[name], "\(name)", sourceLocation: sourceLocation)
    expectClose(actual.states, expected, 1e-5, name, sourceLocation: sourceLocation)
  }

  @Test func weightsAsTheWebUIReadsThem() {
    for example in reference.parsed {
      let parts = WeightedText.parse(example.prompt)
      #expect(parts.map(\.text) == example.parts.map(\.text), "\(example.prompt)")
      #expect(parts.map(\.weight) == example.parts.map(\.weight), "\(example.prompt)")
    }
    #expect(reference.parsed.count > 30)
  }

  /// Numbers that are none stay text, and a great many brackets are read.
  @Test func hostilePrompts() {
    #expect(WeightedText.parse("(a:1.2.3)").map(\.text) == ["a:1.2.3"])
    #expect(WeightedText.parse("(a:1e999)").map(\.text) == ["a:1e999"])
    let nested = WeightedText.parse(String(repeating: "(", count: 20_000) + "a")
    #expect(nested.count == 1 && nested[0].weight == .infinity)
  }

  @Test func clipSkip() throws {
    let skip = options { $0.clipSkip = 1 }
    for family in ["sd1", "sdxl"] {
      let encoder = try encoder(family)
      try expectStates(encoder.conditioning(for: "a red fox", skip), "skip-\(family)")
      try expectStates(encoder.unconditional(negativePrompt: "snow", skip), "skip-\(family)-negative")
    }
    let pooled = try #require(try encoder("sdxl").conditioning(for: "a red fox", skip).pooled)
    expectClose(pooled, try #require(states["pooled-sdxl"]), 1e-5)
    #expect(throws: GenerationError.wrongClipSkip(2, layers: 2)) {
      try encoder("sd1").conditioning(for: "a", options { $0.clipSkip = 2 })
    }
  }

  @Test func longPrompts() throws {
    let encoder = try encoder("sd1")
    let long = options { $0.readsLongPrompts = true }
    try expectStates(encoder.conditioning(for: reference.long, long), "long-sd1")
    #expect(encoder.chunkCount(reference.long, long) == 2)
    #expect(try encoder.conditioning(for: reference.long, PromptOptions()).states.shape == [1, 77, 32])
    var request = GenerationRequest(prompt: "a fox")
    request.negativePrompt = reference.long
    request.promptOptions = long
    let both = encoder.options(request)
    #expect(try encoder.conditioning(for: "a fox", both).states.shape == [1, 154, 32])
    #expect(try encoder.unconditional(negativePrompt: reference.long, both).states.shape == [1, 154, 32])
  }

  @Test func emphasis() throws {
    let a1111 = options { $0.syntax = .a1111 }
    for family in ["sd1", "sd2"] {
      let encoder = try encoder(family)
      try expectStates(encoder.conditioning(for: reference.weighted, a1111), "a1111-weighted-\(family)")
      try expectStates(encoder.conditioning(for: reference.long, a1111), "a1111-long-\(family)")
      let broken = "a (fox:1.2) BREAK the sea, BREAK"
      try expectStates(encoder.conditioning(for: broken, a1111), "a1111-break-\(family)")
    }
    try expectStates(encoder("sdxl").conditioning(for: reference.weighted, a1111), "a1111-weighted-sdxl")
  }

  /// Without brackets both syntaxes give the same, and by default brackets are text.
  @Test func plainIsTheDefault() throws {
    let encoder = try encoder("sd1")
    let plain = try encoder.conditioning(for: "a fox", PromptOptions()).states
    #expect(
      try encoder.conditioning(for: "a fox", options { $0.syntax = .a1111 }).states.floats == plain.floats)
    #expect(try encoder.conditioning(for: "a (fox)", PromptOptions()).states.floats != plain.floats)
  }

  private static func embedding(_ name: String, as word: String? = nil) -> (name: String?, file: URL) {
    (word, Fixture.url("formats/embedding-\(name)"))
  }

  @Test func textualInversion() throws {
    let one = try encoder("sd1") { $0.embeddings = [Self.embedding("diffusers.bin")] }
    try expectStates(one.conditioning(for: "a <vox> in snow", PromptOptions()), "embedding-one")
    for file in ["webui.pt", "kohya.safetensors", "xl.safetensors"] {
      let many = try encoder("sd1") {
        $0.embeddings = [Self.embedding(file, as: "<many>"), Self.embedding("diffusers.bin")]
      }
      try expectStates(many.conditioning(for: "a <many>, <vox>", PromptOptions()), "embedding-many")
    }
    let xl = try encoder("sdxl") { $0.embeddings = [Self.embedding("xl.safetensors", as: "vox")] }
    let plain = try encoder("sdxl").conditioning(for: "a vox", PromptOptions()).states
    #expect(try xl.conditioning(for: "a vox", PromptOptions()).states.floats != plain.floats)
  }

  @Test func namesOfEmbeddings() throws {
    func name(_ file: String) throws -> String {
      try TextualInversion(contentsOf: Self.embedding(file).file).name
    }
    #expect(try name("diffusers.bin") == "<vox>")
    #expect(try name("kohya.safetensors") == "embedding-kohya")
    #expect(try name("webui.pt") == "embedding-webui")
  }

  @Test func embeddingsOfOtherModels() throws {
    let fault = message { _ = try encoder("sdxl") { $0.embeddings = [Self.embedding("webui.pt", as: "v")] } }
    #expect(fault?.contains("embedding-webui.pt") == true && fault?.contains("64") == true, "\(fault ?? "")")
  }
}
