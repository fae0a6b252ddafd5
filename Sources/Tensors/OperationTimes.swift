import Foundation
import Synchronization

/// Where the time of a network goes, by kind of operation: off unless a benchmark asks, and then a clock's reading at
/// the beginning and end of each operation.
public enum OperationTimes {
  public enum Kind: String, Sendable, CaseIterable {
    case convolution3x3 = "3×3 convolutions"
    case convolution = "other convolutions"
    case linear = "linear layers"
    case attention
    case normalization = "normalization"
    case elementwise = "elementwise, copies"
  }

  public struct Entry: Sendable {
    public var seconds = 0.0
    /// Of all processors together: on a busy machine, what tells how fast the work is.
    public var processorSeconds = 0.0
    /// Multiplications and additions of the plain algorithm, whatever was done instead.
    public var operations = 0.0
    public var calls = 0
  }

  private static let isOn = Atomic(false)
  private static let entries = Mutex<[Kind: Entry]>([:])

  /// What the operations inside `body` took. One measurement at a time; operations inside others are part of those.
  public static func measuring(_ body: () throws -> Void) rethrows -> [Kind: Entry] {
    entries.withLock { $0 = [:] }
    isOn.store(true, ordering: .relaxed)
    defer { isOn.store(false, ordering: .relaxed) }
    try body()
    return entries.withLock { $0 }
  }

  /// Seconds that this process has had on all processors.
  public static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func timed<R>(_ kind: Kind, operations: Double = 0, _ body: () throws -> R) rethrows -> R {
    guard isOn.load(ordering: .relaxed) else { return try body() }
    // Only the outermost operation counts.
    isOn.store(false, ordering: .relaxed)
    let start = ContinuousClock.now
    let processorStart = processorTime()
    defer {
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let processorSeconds = processorTime() - processorStart
      entries.withLock {
        $0[kind, default: Entry()].seconds += seconds
        $0[kind, default: Entry()].processorSeconds += processorSeconds
        $0[kind, default: Entry()].operations += operations
        $0[kind, default: Entry()].calls += 1
      }
      isOn.store(true, ordering: .relaxed)
    }
    return try body()
  }
}
