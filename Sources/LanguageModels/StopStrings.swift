/// Watches text that arrives in pieces for strings that end it; holds back what may become one.
struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []

  /// Empty strings are ignored.
  init(_ strings: [String]) { stops = strings.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// → the text that can be shown, and the stop string if one is complete: the text then ends before it.
  mutating func append(_ text: String) -> (text: String, stop: String?) {
    held += text.utf8
    for start in held.indices {
      if let stop = stops.first(where: { held[start...].starts(with: $0) }) {
        let shown = String(decoding: held[..<start], as: UTF8.self)
        held = []
        return (shown, String(decoding: stop, as: UTF8.self))
      }
    }
    let hidden = held.indices.first { start in stops.contains { $0.starts(with: held[start...]) } }
    let end = hidden ?? held.count
    defer { held.removeFirst(end) }
    return (String(decoding: held[..<end], as: UTF8.self), nil)
  }

  /// What was held back and turned out to be text.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
