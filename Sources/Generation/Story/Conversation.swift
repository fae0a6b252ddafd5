import Foundation
import LanguageModels
import Tokenizers

/// A conversation in which the language model may answer with pictures.
public struct Conversation: Sendable {
  private let teller: Storyteller
  private var settings: StoryRequest
  private var messages: [ChatMessage] = []
  /// What the language model has read, and the tokens it was.
  private var read: (cache: KVCache, tokens: [Int])?
  private var turns = 0
  private var pictures = 0

  /// - Parameter settings: of text and pictures; its prompt and instruction are not used.
  public init(_ teller: Storyteller, _ settings: StoryRequest) throws {
    self.teller = teller
    self.settings = settings
    try teller.check(settings)
    guard teller.encoder.writer.tokenizer.chatTemplate != nil else { throw StoryError.cannotChat }
  }

  /// Forgets all that was said.
  public mutating func restart() {
    messages = []
    read = nil
  }

  /// Answers a message. Where this fails, the conversation is as it was before.
  /// - Parameter picture: called with each picture and its place in the conversation, counted from 0.
  public mutating func answer(
    _ message: String, _ report: (StoryEvent) throws -> Void,
    picture: (Int, GeneratedPicture) throws -> Void
  ) throws {
    var next = self
    try next.reply(to: message, report, picture: picture)
    self = next
  }

  /// For tests.
  mutating func forgetWhatWasRead() { read = nil }

  private mutating func reply(
    to message: String, _ report: (StoryEvent) throws -> Void,
    picture: (Int, GeneratedPicture) throws -> Void
  ) throws {
    messages.append(ChatMessage(role: .user, content: message))
    let model = teller.encoder.writer
    let tokens = model.tokenizer.encode(
      try model.tokenizer.chatPrompt(messages: messages), addSpecialTokens: false)
    var request = settings
    request.seed &+= UInt64(turns)
    var writer = StoryWriter(
      try teller.generator(request, prompt: tokens, after: read), bounds: settings.pictures,
      cue: teller.encoder.cue, subject: Self.subject(of: message))
    while let piece = try writer.next() {
      switch piece {
      case .text(let text, _): try report(.text(text))
      case .picture(let states, let caption, _):
        try report(.drawing(index: pictures, caption: caption))
        let drawn = try teller.picture(settings.picture(pictures, caption: caption), states) {
          try report(.drawingEvent($0))
        }
        try picture(pictures, drawn)
        pictures += 1
      }
    }
    messages.append(ChatMessage(role: .assistant, content: writer.text))
    read = writer.hasSignalsInText ? nil : writer.read
    turns += 1
  }

  /// What a request for a picture is about: the message without the words of asking.
  static func subject(of message: String) -> String {
    let asking =
      /^(please|can you|could you|i want to see|show me|draw me|draw|paint|make|a (picture|drawing|painting) of)\b[ ,]*/
      .ignoresCase()
    var words = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    while let match = words.firstMatch(of: asking), match.range.upperBound < words.endIndex {
      words.removeSubrange(match.range)
    }
    for ending in ["for me", "please"] {
      let trimmed = words.trimmingCharacters(in: CharacterSet(charactersIn: " ,.!?"))
      if trimmed.lowercased().hasSuffix(" " + ending) { words = String(trimmed.dropLast(ending.count + 1)) }
    }
    return String(words.trimmingCharacters(in: CharacterSet(charactersIn: " ,.!?")).prefix(200))
  }
}
