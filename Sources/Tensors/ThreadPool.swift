import Foundation
import Synchronization

/// How many threads share the work of one operation. Work is cut by shape alone, so results do not depend on it.
public enum ThreadPool {
  private static let requested = Atomic<Int>(0)

  /// At least 1; by default one thread for each processor.
  public static var threadCount: Int {
    get {
      let count = requested.load(ordering: .relaxed)
      return count > 0 ? count : activeProcessorCount
    }
    set { requested.store(max(1, newValue), ordering: .relaxed) }
  }

  private static let activeProcessorCount: Int = {
    max(1, ProcessInfo.processInfo.activeProcessorCount)
  }()
}

/// Runs `body(0) … body(count − 1)`, each once, in any order and on several threads; returns when all are done.
@inlinable
public func parallel(_ count: Int, _ body: (Int) -> Void) {
  if count < 2 || ThreadPool.threadCount == 1 {
    for i in 0..<count { body(i) }
  } else {
    runConcurrently(count, body)
  }
}

@usableFromInline
func runConcurrently(_ count: Int, _ body: (Int) -> Void) {
  WorkerPool.shared.run(count, threads: ThreadPool.threadCount, body)
}

/// Like `parallel`, over 0..<count in chunks of a fixed size: for elementwise loops.
func parallelChunks(_ count: Int, of size: Int = 1 << 15, _ body: (_ start: Int, _ count: Int) -> Void) {
  parallel((count + size - 1) / size) { body($0 * size, min(size, count - $0 * size)) }
}

/// Like `parallel`, over 0..<count in one range for each thread, where elements do not depend on how they are cut: what
/// is read once from memory comes fastest in long runs.
/// - Parameter multiple: of elements that one thread takes, so that two do not write to one line of the cache.
func parallelRanges(_ count: Int, multiple: Int = 16, _ body: (_ start: Int, _ count: Int) -> Void) {
  let threads = ThreadPool.threadCount
  let share = (count + threads - 1) / threads
  parallelChunks(count, of: max(multiple, (share + multiple - 1) / multiple * multiple), body)
}
