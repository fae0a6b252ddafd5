import Foundation
import Synchronization
import Testing

@testable import Tensors

/// Pools of their own, which no other test keeps busy.
@Suite struct WorkerPoolTests {
  /// Items that wait for each other, as only so many threads at once can do.
  func meet(_ pool: WorkerPool, _ threads: Int) {
    let arrived = Atomic<Int>(0)
    pool.run(threads, threads: threads) { _ in
      arrived.wrappingAdd(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < threads { sched_yield() }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3, 8]) func threadsWorkTogether(_ threads: Int) {
    let pool = WorkerPool()
    for _ in 0..<100 { meet(pool, threads) }
  }

  @Test(.timeLimit(.minutes(1))) func moreAndFewerThreads() {
    let pool = WorkerPool()
    for round in 0..<200 { meet(pool, 1 + round * 7 % 5) }
  }

  /// After a pause longer than anyone looks for work, as short as it takes to fall asleep, and between.
  @Test(.timeLimit(.minutes(1))) func sleepersWake() {
    let pool = WorkerPool()
    for round in 0..<300 {
      usleep(UInt32(round % 10 * 40))
      meet(pool, 2)
    }
  }

  /// The caller falls asleep over a helper's long item.
  @Test(.timeLimit(.minutes(1))) func waitsForTheLastItem() {
    let pool = WorkerPool()
    for _ in 0..<20 {
      let done = Atomic<Int>(0)
      let caller = pthread_self()
      pool.run(2, threads: 2) { _ in
        if pthread_self() != caller { usleep(2000) }
        done.wrappingAdd(1, ordering: .relaxed)
      }
      #expect(done.load(ordering: .relaxed) == 2)
    }
  }
}
