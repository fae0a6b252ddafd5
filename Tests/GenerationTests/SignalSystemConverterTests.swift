import Foundation
import LanguageModels
import Projectors
import Tensors
import TestSupport
import Testing

@testable import Generation

/// Replicas of the published systems, converted and compared with the reference libraries.
@Suite struct SignalSystemConverterTests {
  struct System: CustomTestStringConvertible {
    let name: String
    let kind: SignalSystem
    let checkpoints: [String]
    var languageModel = "llama"

    var testDescription: String { name }

    func converter() -> SignalSystemConverter {
      SignalSystemConverter(
        kind, checkpoints: checkpoints.map { Fixture.url("systems/\($0)") },
        languageModel: Fixture.url("systems/\(languageModel)"), diffusion: Fixture.url("pipeline/sd1"))
    }
  }

  static let systems = [
    System(name: "minigpt5-1", kind: .miniGPT5, checkpoints: ["minigpt5/stage1.ckpt"]),
    System(
      name: "minigpt5-2", kind: .miniGPT5, checkpoints: ["minigpt5/stage1.ckpt", "minigpt5/stage2.ckpt"]),
    System(name: "gill", kind: .gill, checkpoints: ["gill"], languageModel: "opt"),
    System(name: "nextgpt-first", kind: .nextGPT, checkpoints: ["nextgpt-first"]),
    System(name: "nextgpt-new", kind: .nextGPT, checkpoints: ["nextgpt-new"]),
  ]

  static func converted<R>(_ system: System, _ body: (URL) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      let output = folder.appending(path: "model")
      try system.converter().convert(to: output)
      #expect(try contents(of: folder) == ["model"])
      return try body(output)
    }
  }

  @Test(arguments: systems) func statesAndConditioning(_ system: System) throws {
    let expected = try Fixture.tensors("systems/expected.safetensors")
    try Self.converted(system) { folder in
      let projector = try loadProjector(folder: folder.appending(path: "projector"))
      let model = try LanguageModel(contentsOf: folder.appending(path: "llm"))
      let signals = try SignalTokenEncoder.signals(projector, model)
      let template = try PromptTemplate(projector.configuration.promptTemplate)
      for (index, prompt) in try Fixture.json("systems/prompts.json", as: [String].self).enumerated() {
        let states = try signals.states(prompt: prompt, template: template, model: model)
        expectClose(states, try #require(expected["\(system.name).\(index).states"]), 1e-5, prompt)
        let conditioning = try projector(
          states.reshaped([1] + states.shape), inputEmbeddings: signals.embeddings)
        expectClose(
          conditioning, try #require(expected["\(system.name).\(index).conditioning"]), 1e-5, prompt)
      }
      if let null = projector.nullCondition() {
        expectClose(null, try #require(expected["\(system.name).null"]), 1e-5, "no prompt")
      }
      // Where the system lets the model ask for pictures, the folder can too.
      _ = try SignalEmission(signals, head: projector.signalHead)
    }
  }

  @Test(arguments: systems) func pictures(_ system: System) throws {
    try Self.converted(system) { folder in
      var request = GenerationRequest(prompt: "a girl reading a book")
      (request.stepCount, request.seed) = (6, 7)
      try expect(TextToImagePipeline(folder: folder), request, draws: "systems/\(system.name).png")
    }
  }

  @Test func partsOfTheFirstStageAreNamed() throws {
    let system = System(name: "", kind: .miniGPT5, checkpoints: ["minigpt5/stage2.ckpt"])
    let message = try #require(message { try Self.converted(system) { _ in } })
    #expect(message.contains("fc.0.weight") && message.contains("first stage"))
  }

  @Test func aGGUFGetsTheSignalsBesideIt() throws {
    try withTemporaryFolder { folder in
      // A model of another vocabulary, with as many tokens as the table has rows for.
      let language = Fixture.url("language/llama-tied.gguf")
      let copy = try LanguageModelCopy(language, tokenizers: [])
      try copy.write(to: folder.appending(path: "llm"), tables: nil, adapter: nil, addedTokens: [:]) {}
      #expect(try contents(of: folder.appending(path: "llm")) == ["llama-tied.gguf"])
      let adapter = try LowRankAdapter(
        ["a.lora_A.weight": Tensor.zeros([1, 2]), "a.lora_B.weight": Tensor.zeros([2, 1])],
        .alpha(1), source: "x")
      #expect(throws: SignalSystemError.self) {
        try copy.write(to: folder.appending(path: "other"), tables: nil, adapter: adapter, addedTokens: [:]) {
        }
      }
    }
  }

  @Test func wrongPartsAreNamed() throws {
    for (kind, checkpoint, language, word) in [
      (SignalSystem.gill, "minigpt5/stage1.ckpt", "opt", "gen_text_hidden_fcs"),
      (.nextGPT, "minigpt5/stage1.ckpt", "llama", "mm_output_img_projector"),
      (.miniGPT5, "nextgpt-first", "llama", "fc.0.weight"),
      (.miniGPT5, "llama", "llama", "fc.0.weight"),
      (.gill, "gill", "llama", "nothing"),
      (.miniGPT5, "minigpt5/stage1.ckpt", "opt", "model.embed_tokens.weight"),
      (.gill, "nowhere", "opt", "nowhere"),
      (.gill, "opt/config.json", "opt", "config.json"),
      (.miniGPT5, "minigpt5", "llama", "no checkpoint"),
    ] {
      let system = System(name: "", kind: kind, checkpoints: [checkpoint], languageModel: language)
      let text = message { try Self.converted(system) { _ in } }
      // OPT's and Llama's states are of the same width here, so that GILL's part fits either.
      if word == "nothing" {
        #expect(text == nil)
      } else {
        #expect(text?.contains(word) == true, "\(text ?? "converted")")
      }
    }
  }

  @Test func anotherDiffusionModelIsNamed() throws {
    for (folder, word) in [
      ("pipeline/sdxl", "40"), ("pipeline/nowhere", "unet"), ("pipeline/signal", "text_encoder"),
    ] {
      var converter = Self.systems[2].converter()
      converter.diffusion = Fixture.url(folder)
      try withTemporaryFolder { place in
        let text = message { try converter.convert(to: place.appending(path: "model")) }
        #expect(text?.contains(word) == true, "\(text ?? "converted")")
        let left = try contents(of: place)
        #expect(left.isEmpty)
      }
    }
  }

  @Test func nothingIsOverwrittenAndNothingLeft() throws {
    try withTemporaryFolder { folder in
      let output = folder.appending(path: "model")
      try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
      #expect(throws: SignalSystemError.exists(output.path)) {
        try Self.systems[0].converter().convert(to: output)
      }
      struct Stop: Error {}
      #expect(throws: Stop.self) {
        try Self.systems[0].converter().convert(to: folder.appending(path: "other")) {
          if $0.contains("language") { throw Stop() }
        }
      }
      #expect(try contents(of: folder) == ["model"])
    }
  }

  @Test func tokensThatDoNotFit() throws {
    try withTemporaryFolder { folder in
      let language = folder.appending(path: "llm")
      try FileManager.default.copyItem(at: Fixture.url("systems/llama"), to: language)
      // One token more than the checkpoint's tables have room for.
      let many = (0..<10).map { "\"[X\($0)]\": \(360 + $0)" }.joined(separator: ",")
      try Data("{\(many)}".utf8).write(to: language.appending(path: "added_tokens.json"))
      var converter = Self.systems[0].converter()
      converter.languageModel = language
      let text = message { try converter.convert(to: folder.appending(path: "model")) }
      #expect(text?.contains("370 tokens") == true, "\(text ?? "converted")")
    }
  }
}
