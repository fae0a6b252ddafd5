/// One item of an interleaved document, in reading order.
public enum InterleavedItem: Sendable, Equatable {
  /// Text, and the tokens the language model wrote it with.
  case text(String, tokens: [Int])
  case image(StoryImage)
}

/// A picture of a story and what it was made from.
public struct StoryImage: Codable, Sendable, Equatable {
  /// Relative to the story's folder.
  public let path: String
  /// The sentence before it: its alternative text.
  public let caption: String
  public let seed: UInt64
  /// Tokens of text before it.
  public let position: Int
  /// Whether it was drawn by the bounds rather than at the model's wish.
  public let isForced: Bool
  public let width: Int
  public let height: Int
  /// Of the file.
  public let sha256: String

  enum CodingKeys: String, CodingKey {
    case path = "image"
    case caption, seed, position
    case isForced = "forced"
    case width, height, sha256
  }
}
