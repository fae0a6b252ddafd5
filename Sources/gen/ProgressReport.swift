import Foundation

/// Steps done, seconds per step and time left: a bar on a terminal, now and then a plain line elsewhere.
struct ProgressReport {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastLine: ContinuousClock.Instant
  private let label: String
  private let first: Int

  /// - Parameter first: what had been done before, whose time is not known.
  init(label: String, from first: Int = 0) {
    self.label = label
    self.first = first
    start = clock.now
    lastLine = start
  }

  /// - Parameter isNews: worth a line of its own wherever lines are written.
  mutating func update(completed: Int, total: Int, note: String = "", isNews: Bool = false) {
    let now = clock.now
    let elapsed = (now - start) / .seconds(1)
    let perStep = completed > first ? elapsed / Double(completed - first) : 0
    var text = "\(label)\(completed)/\(total)\(note)"
    if completed > first {
      text += String(
        format: "  %.2f s/step  %@ left", perStep, Self.clockTime(perStep * Double(total - completed)))
    }
    if isTerminal {
      let width = 24
      let filled = width * completed / max(total, 1)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      // Erase to the end of the line: the text may have become shorter.
      writeError("\r\(bar)  \(text)\u{1B}[K" + (completed == total ? "\n" : ""))
    } else if isNews || completed == total || (completed > first && now - lastLine > .seconds(2)) {
      lastLine = now
      writeError("\(text)\n")
    }
  }

  private static func clockTime(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }
}
