import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C: the first asks for an end between two steps, the second ends the process at once.
enum Interrupt {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func install() {
    // A thread of another program may have started this one with its own signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        if requested.exchange(true, ordering: .relaxed) { _exit(130) }
      }
    }
  }

  static func check() throws {
    if isRequested { throw CancellationError() }
  }
}
