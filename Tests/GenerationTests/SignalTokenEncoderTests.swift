import Foundation
import LanguageModels
import TestSupport
import Testing

@testable import Generation

@Suite struct SignalTokenEncoderTests {
  @Test func conditioningHasTheProjectorsShape() throws {
    for (name, length) in [("signal", 4), ("signal-minigpt5", 20), ("signal-gill", 77)] {
      try ModelFolder.with(name) { folder in
        let encoder = try SignalTokenEncoder(ModelFiles(contentsOf: folder.url))
        #expect(try encoder.conditioning(for: "a girl", PromptOptions()).states.shape == [1, length, 32])
        #expect(
          try encoder.unconditional(negativePrompt: nil, PromptOptions()).states.shape == [1, length, 32])
        #expect(
          try encoder.unconditional(negativePrompt: "a", PromptOptions()).states.shape == [1, length, 32])
      }
    }
  }

  /// The template and the signals count too.
  @Test func promptsEndWithTheContext() throws {
    try ModelFolder.with("signal") { folder in
      let encoder = try SignalTokenEncoder(ModelFiles(contentsOf: folder.url))
      let model = try LanguageModel(contentsOf: folder.url.appending(path: "llm"))
      let context = model.decoder.contextLength
      var failed = 0
      for count in (context - 40)...context {
        let prompt = String(repeating: "7", count: count)  // a token each
        do {
          _ = try encoder.conditioning(for: prompt, PromptOptions())
          #expect(failed == 0)
        } catch let error as LanguageModelError {
          guard case .promptTooLong(let tokens, context) = error else { throw error }
          #expect(tokens > context && (failed > 0 || tokens == context + 1))
          failed += 1
        }
      }
      #expect((1...40).contains(failed))
      #expect(throws: LanguageModelError.self) {
        try encoder.conditioning(for: String(repeating: "7 ", count: 100_000), PromptOptions())
      }
    }
  }

  @Test func anotherLanguageModelMustFit() throws {
    try ModelFolder.with("signal") { folder in
      try folder.remove("llm")
      let own = Fixture.url("pipeline/signal/llm")
      #expect(throws: Never.self) {
        try SignalTokenEncoder(ModelFiles(contentsOf: folder.url), languageModel: own)
      }
      let other = Fixture.url("language/llama-tied.gguf")  // 32 wide
      let width = try LanguageModel(contentsOf: own).decoder.hiddenSize
      #expect(throws: GenerationError.wrongLanguageModel(other.path, width: 32, expected: width)) {
        try SignalTokenEncoder(ModelFiles(contentsOf: folder.url), languageModel: other)
      }
      #expect(throws: LanguageModelError.self) {
        try SignalTokenEncoder(
          ModelFiles(contentsOf: folder.url), languageModel: URL(filePath: "/nowhere.gguf"))
      }
    }
  }

  /// Without a token before the signals there is nothing for an offset to point at, but the signals alone will do.
  @Test func anEmptyPromptWithoutABeginning() throws {
    func states(_ name: String) throws -> [Int] {
      try ModelFolder.with(name) { folder in
        try folder.change("llm/tokenizer.json", ["post_processor": NSNull()])
        try folder.change("projector/config.json", ["prompt_template": "{prompt}{signals}"])
        return try SignalTokenEncoder(ModelFiles(contentsOf: folder.url)).conditioning(
          for: "", PromptOptions()
        ).states.shape
      }
    }
    #expect(try states("signal-gill") == [1, 77, 32])
    #expect(throws: LanguageModelError.emptyPrompt) { try states("signal-minigpt5") }
  }

  @Test(arguments: ["{signals}", "{prompt}", "", "{signals}{prompt}", "{prompt}{signals}{signals}"])
  func templatesNeedBothPlaces(_ template: String) throws {
    try ModelFolder.with("signal") { folder in
      try folder.change("projector/config.json", ["prompt_template": template])
      #expect(throws: (any Error).self) { try SignalTokenEncoder(ModelFiles(contentsOf: folder.url)) }
    }
  }
}
