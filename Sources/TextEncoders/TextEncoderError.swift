/// Input that does not fit a text encoder, or weights that give no answer, in one line.
public enum TextEncoderError: Error, Equatable, CustomStringConvertible {
  case unknownToken(Int, count: Int)
  case tooLong(Int, maximum: Int)
  case unequalLengths([Int])
  case noTokens
  case tooManySkipped(Int, layers: Int)
  case wrongEmbeddings(expectedWidth: Int, found: [Int])
  case notFinite(source: String)

  public var description: String {
    switch self {
    case .unknownToken(let id, let count):
      "the text encoder has no token \(id); its \(count) tokens start at 0"
    case .tooLong(let length, let maximum):
      "the text encoder reads at most \(maximum) tokens at a time, but got \(length)"
    case .unequalLengths(let lengths): "token sequences of one batch differ in length: \(lengths)"
    case .noTokens: "the text encoder got no tokens"
    case .tooManySkipped(let skipped, let layers):
      "cannot skip \(skipped) of the text encoder's \(layers) layers"
    case .wrongEmbeddings(let width, let found):
      "added token embeddings must have shape (count, \(width)), but have \(found)"
    case .notFinite(let source):
      "\(source): the text encoder's states hold NaN or infinity; the file is damaged"
    }
  }
}
