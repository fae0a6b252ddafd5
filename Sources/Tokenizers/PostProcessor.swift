/// The special tokens put around a text.
struct PostProcessor: Sendable, Equatable {
  var prefix: [Int] = []
  var suffix: [Int] = []

  /// The same with another processor's tokens around it.
  func wrapped(in other: PostProcessor) -> PostProcessor {
    PostProcessor(prefix: other.prefix + prefix, suffix: suffix + other.suffix)
  }
}
