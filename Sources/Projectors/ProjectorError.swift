/// Input that does not fit a projector, in one line.
public enum ProjectorError: Error, Equatable, CustomStringConvertible {
  /// Hidden states of another shape than (B, n, llm_hidden).
  case wrongStates(expectedTokens: Int, width: Int, found: [Int])
  /// Input-embedding rows of another shape than (n, llm_hidden).
  case wrongInputEmbeddings(expected: [Int], found: [Int])
  /// The projector adds the signal tokens' input embeddings to their states, and was given none.
  case missingInputEmbeddings

  public var description: String {
    switch self {
    case .wrongStates(let tokens, let width, let found):
      if found.count == 3 && found[2] == width && found[0] > 0 {
        "the projector expects the states of \(tokens) tokens, but got those of \(found[1])"
      } else {
        "the projector expects states of shape (batch, \(tokens), \(width)), but got \(found)"
      }
    case .wrongInputEmbeddings(let expected, let found):
      "the projector expects input embeddings of shape \(expected), but got \(found)"
    case .missingInputEmbeddings:
      "the projector adds the signal tokens' input embeddings to their states, but was given none"
    }
  }
}
