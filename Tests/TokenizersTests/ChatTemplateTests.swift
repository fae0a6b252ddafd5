import Foundation
import Testing

@testable import Tokenizers

@Suite struct ChatTemplateTests {
  struct Case: Decodable {
    var template: String
    var messages: [[String]]
    var generation: Bool
    var prompt: String
  }

  @Test func rendersAsTheReference() throws {
    let cases = try Fixtures.decode([Case].self, "chat.json")
    #expect(cases.count >= 50)
    for item in cases {
      let source = try String(
        contentsOf: Fixtures.folder.appendingPathComponent("templates/\(item.template)"), encoding: .utf8)
      let messages = try item.messages.map {
        ChatMessage(role: try #require(ChatMessage.Role(rawValue: $0[0])), content: $0[1])
      }
      let prompt = try ChatTemplate(source).render(
        messages, addGenerationPrompt: item.generation, bos: "<|im_start|>", eos: "<|im_end|>")
      #expect(prompt == item.prompt, "\(item.template)")
    }
  }

  @Test func unknownTemplatesAreErrors() {
    for source in [
      "", "{{ messages }}", "<|im_start|>{{ x }}", "{{ '[INST]' + message['content'] }}", "{# '", "'\\",
    ] {
      #expect(throws: TokenizerError.unknownChatTemplate(start: source)) { try ChatTemplate(source) }
    }
  }

  @Test func impossibleConversationsAreErrors() throws {
    let source = try String(
      contentsOf: Fixtures.folder.appendingPathComponent("templates/llama2.jinja"), encoding: .utf8)
    let template = try ChatTemplate(source)
    for messages in [[], [ChatMessage(role: .assistant, content: "I begin.")]] {
      #expect(throws: TokenizerError.self) {
        try template.render(messages, addGenerationPrompt: true, bos: "", eos: "")
      }
    }
  }

  @Test func aTokenizerWithoutTemplateSaysSo() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    #expect(throws: TokenizerError.noChatTemplate) { try tokenizer.chatPrompt(messages: []) }
  }
}
