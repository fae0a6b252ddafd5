import Synchronization

/// A network that is loaded at once and kept, or let go when it has been used and loaded again if it is needed again.
struct Part<Value: Sendable>: Sendable {
  enum Keeping: Sendable {
    case always
    /// Loaded at once too, but let go after its first use.
    case untilUsed
    /// Loaded by each use.
    case never
  }

  private final class Kept: Sendable {
    let value: Mutex<Value?>
    init(_ value: Value?) { self.value = Mutex(value) }
  }

  private let load: @Sendable () throws -> Value
  private let keeping: Keeping
  private let kept: Kept

  init(_ keeping: Keeping, _ load: @escaping @Sendable () throws -> Value) throws {
    (self.load, self.keeping) = (load, keeping)
    kept = Kept(keeping == .never ? nil : try load())
  }

  /// The network for what it is there for.
  func callAsFunction() throws -> Value {
    let value = kept.value.withLock { value in
      defer { if keeping != .always { value = nil } }
      return value
    }
    return try value ?? load()
  }

  /// The network for a look at it, which does not count as a use.
  var inspected: Value {
    get throws { try kept.value.withLock { $0 } ?? load() }
  }
}
