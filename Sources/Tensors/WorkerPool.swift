import CKernels
import Foundation
import Synchronization

/// Threads that share the work of one call at a time. Most operations of a small network take less time than the system
/// needs to wake a thread, so those who wait, for work or for the last helper, look again for some 50 µs before they
/// sleep: operations that follow each other closely find the helpers awake, and an idle process costs nothing.
final class WorkerPool: Sendable {
  static let shared = WorkerPool()

  private let isTaken = Atomic(false)
  private let workerCount = Atomic(0)
  /// The call that may be helped with: its number, times 256, plus how many may help. 0 between calls.
  private let offer = Atomic<UInt64>(0)
  private let calls = Atomic<UInt64>(0)
  /// The call's pieces: written only while nothing is offered and nobody is inside.
  private let body = Atomic<UInt>(0)  // an address, since pointers are not `Sendable`
  private let count = Atomic(0)
  private let next = Atomic(0)
  /// Helpers that may be looking at the call's pieces.
  private let inside = Atomic(0)
  private let sleepers = Atomic(0)
  private let condition = NSCondition()

  /// Runs `body(0) … body(count − 1)` on up to `threads` threads, the caller's among them. A call from inside another,
  /// or beside another, runs on its caller alone: the processors are busy then.
  func run(_ count: Int, threads: Int, _ body: (Int) -> Void) {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      for i in 0..<count { body(i) }
      return
    }
    let helpers = min(count, threads, 256) - 1
    let workers = workerCount.load(ordering: .relaxed)
    for index in workers..<max(workers, helpers) { Thread.detachNewThread { self.help(as: index) } }
    workerCount.store(max(workers, helpers), ordering: .relaxed)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        self.body.store(UInt(bitPattern: pointer), ordering: .relaxed)
        self.count.store(count, ordering: .relaxed)
        next.store(0, ordering: .relaxed)
        let call = calls.wrappingAdd(1, ordering: .relaxed).newValue
        offer.store(call << 8 | UInt64(helpers), ordering: .sequentiallyConsistent)
        wakeSleepers()
        work()
        offer.store(0, ordering: .sequentiallyConsistent)
        wait { inside.load(ordering: .sequentiallyConsistent) == 0 }
      }
    }
    isTaken.store(false, ordering: .releasing)
  }

  private func help(as index: Int) {
    var last: UInt64 = 0
    while true { last = helpOnce(as: index, after: last) }
  }

  /// Helps with the next call that has room for this helper; its offer is returned.
  @inline(never)
  private func helpOnce(as index: Int, after last: UInt64) -> UInt64 {
    func mayHelp(_ offer: UInt64) -> Bool { offer != last && index < offer & 255 }
    wait { mayHelp(offer.load(ordering: .sequentiallyConsistent)) }
    // Entering first and looking again afterwards: the caller either sees this helper inside or has closed the offer.
    inside.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let current = offer.load(ordering: .sequentiallyConsistent)
    if mayHelp(current) { work() }
    let left = inside.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, offer.load(ordering: .sequentiallyConsistent) == 0 { wakeSleepers() }
    return mayHelp(current) ? current : last
  }

  /// Not inlined, so that no reference to the body outlives it.
  @inline(never)
  private func work() {
    let count = count.load(ordering: .relaxed)
    let body = UnsafePointer<(Int) -> Void>(bitPattern: body.load(ordering: .relaxed))!
    while true {
      let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if i >= count { return }
      body.pointee(i)
    }
  }

  private func wait(until isReady: () -> Bool) {
    for spin in 1...1600 {
      if isReady() { return }
      // Where there are more threads than processors, the one that is waited for may need this one.
      if spin % 100 == 0 { sched_yield() } else { voken_pause() }
    }
    condition.lock()
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while !isReady() { condition.wait() }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }

  /// After a change that someone may wait for; who looked before it and sleeps now is counted.
  private func wakeSleepers() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }
}
