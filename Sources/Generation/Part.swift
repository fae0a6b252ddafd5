/// A network that is loaded once and kept, or loaded anew by each use and let go after it.
struct Part<Value: Sendable>: Sendable {
  private let load: @Sendable () throws -> Value
  private let kept: Value?

  init(keeping: Bool, _ load: @escaping @Sendable () throws -> Value) throws {
    self.load = load
    kept = keeping ? try load() : nil
  }

  func callAsFunction() throws -> Value { try kept ?? load() }
}
