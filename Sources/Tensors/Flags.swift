/// One mark for each piece of work, set from any thread.
final class Flags: @unchecked Sendable {
  private let marks: UnsafeMutableBufferPointer<Bool>

  init(_ count: Int) {
    marks = .allocate(capacity: count)
    marks.initialize(repeating: false)
  }

  deinit { marks.deallocate() }

  func set(_ index: Int) { marks[index] = true }
  var allSet: Bool { marks.allSatisfy { $0 } }
}
