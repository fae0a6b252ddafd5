import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C: the first asks for an end between two steps, the second ends the process at once.
enum Interrupt {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func install() {
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
