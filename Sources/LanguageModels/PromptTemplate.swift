import Foundation
import Tokenizers

/// What surrounds a prompt: text with `{prompt}`, then `{signals}`.
public struct PromptTemplate: Sendable {
  /// The template up to the signals, cut at each `{prompt}`.
  public let parts: [String]

  public init(_ template: String) throws(LanguageModelError) {
    let halves = template.components(separatedBy: "{signals}")
    guard halves.count == 2, halves[1].allSatisfy(\.isWhitespace) else {
      throw .badSignals("prompt_template must end with one {signals}: “\(template)”")
    }
    parts = halves[0].components(separatedBy: "{prompt}")
    guard parts.count > 1 else { throw .badSignals("prompt_template lacks {prompt}: “\(template)”") }
  }

  /// The text before the signals.
  public func text(prompt: String) -> String { parts.joined(separator: prompt) }

  /// The tokens before the signals: the text as one string, with what the tokenizer puts around it; names of special
  /// tokens, in the prompt too, become those tokens.
  public func tokens(prompt: String, tokenizer: Tokenizer) -> [Int] {
    tokenizer.encode(text(prompt: prompt))
  }
}
