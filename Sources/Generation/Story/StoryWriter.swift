import Foundation
import LanguageModels
import Tensors
import Tokenizers

/// Text and pictures in the order in which the language model wants them. A copy goes on from where it was made.
struct StoryWriter {
  enum Piece {
    case text(String, token: Int)
    /// The states (n, hidden) of the signals at this point, and the sentence before them.
    case picture(states: Tensor, caption: String, isForced: Bool)
  }

  /// All that was written.
  private(set) var text = ""
  private(set) var pictureCount = 0
  private var generator: TextGenerator
  private let bounds: PictureBounds
  private let cue: PictureCue
  /// What a picture shows where there is no text before it.
  private let subject: String
  private var textTokens = 0
  private var tokensSincePicture = 0

  init(_ generator: TextGenerator, bounds: PictureBounds, cue: PictureCue, subject: String = "") {
    self.generator = generator
    self.bounds = bounds
    self.cue = cue
    self.subject = subject
  }

  /// Tokens of text so far.
  var position: Int { textTokens }
  var end: TextGenerator.End? { generator.end }
  /// What the language model has read, and the tokens it was: the same, unless signals stand between them.
  var read: (cache: KVCache, tokens: [Int]) { (generator.cache, generator.tokens) }
  var hasSignalsInText: Bool { if case .none = cue { pictureCount > 0 } else { false } }

  /// The next piece; nil at the end.
  /// - Parameter recorded: what the language model chose the last time, asked for only where it has a choice.
  mutating func next(recorded: () throws -> TextGenerator.Choice? = { nil }) throws -> Piece? {
    if bounds.forces, mustDraw, let piece = try picture(isForced: true) { return piece }
    switch try generator.next(mayDraw: mayDraw, recorded: generator.end == nil ? recorded() : nil) {
    case .text(let new, let token):
      text += new
      textTokens += 1
      tokensSincePicture += 1
      return .text(new, token: token)
    case .picture(let held):
      text += held
      // Where the context has no room for a picture, the text goes on without.
      if let piece = try picture(isForced: false) { return piece }
      tokensSincePicture = .min
      return try next(recorded: recorded)
    case nil: return nil
    }
  }

  private var mayDraw: Bool { pictureCount < bounds.most && tokensSincePicture >= bounds.spacing }

  private var mustDraw: Bool {
    generator.end == nil ? mayDraw && text.hasSuffix("\n") : pictureCount == 0 && bounds.most > 0
  }

  private mutating func picture(isForced: Bool) throws -> Piece? {
    let sentence = lastSentence(of: text)
    let caption = sentence.isEmpty ? subject : sentence
    guard let states = try cue.states(in: &generator, caption: caption) else { return nil }
    pictureCount += 1
    tokensSincePicture = 0
    return .picture(states: states, caption: caption, isForced: isForced)
  }
}

/// Where in the text the signals are read.
enum PictureCue {
  /// Right there, as tokens of the text: for language models that were trained with them.
  case none
  /// In a branch, after the prompt template around the last sentence: a projector beside a frozen language model has
  /// only seen states after its template.
  case template(PromptTemplate, Tokenizer)

  func states(in generator: inout TextGenerator, caption: String) throws -> Tensor? {
    switch self {
    case .none: return try generator.readSignals()
    case .template(let template, let tokenizer):
      let prompt = caption.trimmingCharacters(in: CharacterSet(charactersIn: " .!?…\"”“"))
      return try generator.signalStates(after: template.tokens(prompt: prompt, tokenizer: tokenizer))
    }
  }
}

/// The last sentence of a text, on one line, at most 200 characters of it.
func lastSentence(of text: String) -> String {
  let line = text.split(whereSeparator: \.isNewline).last { $0.contains { !$0.isWhitespace } } ?? ""
  var sentences: [Substring] = []
  var start = line.startIndex
  for index in line.indices where index >= start && ".!?…。".contains(line[index]) {
    let next = line[index...].firstIndex { !".!?…。\"”’»)".contains($0) } ?? line.endIndex
    // A period inside a number or an abbreviation has no space after it.
    guard next == line.endIndex || line[next].isWhitespace else { continue }
    sentences.append(line[start..<next])
    start = next
  }
  sentences.append(line[start...])
  let words = sentences.reversed().lazy.map { sentence in
    sentence.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
  return String((words.first { $0.contains { $0.isLetter || $0.isNumber } } ?? "").prefix(200))
}
