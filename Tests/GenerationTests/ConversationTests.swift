import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct ConversationTests {
  @Test(arguments: [
    ("Draw a cat.", "a cat"), ("draw me a red car, please", "a red car"),
    ("Can you draw a house for me?", "a house"),
    ("Please make a picture of two apples", "two apples"), ("a sun", "a sun"), ("Draw", "Draw"), ("", ""),
    ("Show me a drawing of the sea!", "the sea"), ("drawers of oak", "drawers of oak"),
  ])
  func theSubjectOfARequest(_ message: String, _ subject: String) {
    #expect(Conversation.subject(of: message) == subject)
  }

  private var settings: StoryRequest {
    var settings = StoryFixture.request
    settings.pictures.spacing = 0
    settings.pictures.most = 1
    settings.tokenLimit = 12
    return settings
  }

  /// Going on in what was read gives what reading the whole conversation anew gives.
  @Test func turnsGoOnFromWhatWasSaid() throws {
    try ModelFolder.thatAsks { model in
      let teller = try Storyteller(model: model.url)
      var talk = try Conversation(teller, settings)
      var answers: [String] = []
      var pictures: [Int] = []
      for message in ["a fox", "and a crow", "why?"] {
        var answer = ""
        try talk.answer(message) {
          if case .text(let text) = $0 { answer += text }
        } picture: { index, drawn in
          pictures.append(index)
          #expect(drawn.picture.width == 64)
        }
        answers.append(answer)
      }
      #expect(pictures == Array(0..<pictures.count) && !pictures.isEmpty)
      #expect(answers.allSatisfy { !$0.isEmpty })
      // The same again, with nothing kept between the turns.
      var fresh = try Conversation(teller, settings)
      for (message, expected) in zip(["a fox", "and a crow", "why?"], answers) {
        fresh.forgetWhatWasRead()
        var answer = ""
        try fresh.answer(message) {
          if case .text(let text) = $0 { answer += text }
        } picture: { _, _ in
        }
        #expect(answer == expected)
      }
    }
  }

  @Test func aFailedTurnChangesNothing() throws {
    struct Stopped: Error {}
    try ModelFolder.thatAsks { model in
      let teller = try Storyteller(model: model.url)
      var talk = try Conversation(teller, settings)
      func answer(_ talk: inout Conversation) throws -> String {
        var text = ""
        try talk.answer("a fox") {
          if case .text(let new) = $0 { text += new }
        } picture: { _, _ in
        }
        return text
      }
      var untouched = talk
      #expect(throws: Stopped.self) {
        try talk.answer("a crow") { _ in
          throw Stopped()
        } picture: { _, _ in
        }
      }
      #expect(throws: (any Error).self) {
        try talk.answer(String(repeating: "7 ", count: 500)) { _ in
        } picture: { _, _ in
        }
      }
      #expect(try answer(&talk) == answer(&untouched))
    }
  }

  @Test func aModelWithoutATemplateCannotChat() throws {
    try ModelFolder.thatAsks { model in
      try model.change("llm/tokenizer_config.json", ["chat_template": NSNull()])
      let teller = try Storyteller(model: model.url)
      #expect(throws: StoryError.cannotChat) { try Conversation(teller, settings) }
    }
  }
}
