/// How a prompt's words become conditioning. As it is made, as diffusers' pipelines do.
public struct PromptOptions: Sendable, Equatable {
  public enum Syntax: String, CaseIterable, Sendable {
    /// Every character means itself.
    case plain
    /// AUTOMATIC1111's: `(word)`, `(word:1.3)`, `[word]`, `\(`, and `BREAK`; long prompts go on in further chunks.
    case a1111
  }

  public var syntax = Syntax.plain
  /// Layers of the text encoder to leave out at its end, beyond those that the model leaves out; nil or 0: none.
  public var clipSkip: Int?
  /// Read on beyond the encoder's 77 tokens, in chunks of 75, instead of cutting the prompt off.
  public var readsLongPrompts = false
  /// At least so many chunks; shorter prompts are filled up with empty ones, so that all conditions are of one length.
  var minimumChunks = 1

  public init() {}
}
