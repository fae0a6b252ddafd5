/// Finds images in Markdown, as CommonMark writes them inline; everything else is text, left as it is.
enum MarkdownScanner {
  enum Part: Equatable {
    case text(String)
    case image(path: String)
  }

  static func parts(of source: String) -> [Part] {
    let bytes = Array(source.utf8)
    let lastRuns = lastRuns(of: UInt8(ascii: "`"), bytes)
    var parts: [Part] = []
    var start = 0
    var index = 0
    func text(_ range: Range<Int>) {
      if !range.isEmpty { parts.append(.text(String(decoding: bytes[range], as: UTF8.self))) }
    }
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 2
      case UInt8(ascii: "`"): index = endOfCode(bytes, index, lastRuns)
      case UInt8(ascii: "!"):
        guard let (end, path) = image(bytes, index) else {
          index += 1
          continue
        }
        text(start..<index)
        parts.append(.image(path: path))
        (start, index) = (end, end)
      default: index += 1
      }
    }
    text(start..<bytes.count)
    return parts
  }

  /// The end of a code span or block that starts here: after as many backticks; after the opening ones if none close it.
  private static func endOfCode(_ bytes: [UInt8], _ start: Int, _ lastRuns: [Int: Int]) -> Int {
    func run(_ from: Int) -> Int { bytes[from...].prefix { $0 == UInt8(ascii: "`") }.count }
    let count = run(start)
    var index = start + count
    // Without this, many openings that nothing closes would each be followed to the end.
    while index <= lastRuns[count] ?? -1 {
      guard bytes[index] == UInt8(ascii: "`") else {
        index += 1
        continue
      }
      let closing = run(index)
      index += closing
      if closing == count { return index }
    }
    // An open block runs to the end of the document.
    return count >= 3 ? bytes.count : start + count
  }

  /// Where the last run of each length starts.
  private static func lastRuns(of byte: UInt8, _ bytes: [UInt8]) -> [Int: Int] {
    var starts: [Int: Int] = [:]
    var index = 0
    while let start = bytes[index...].firstIndex(of: byte) {
      index = start + bytes[start...].prefix { $0 == byte }.count
      starts[index - start] = start
    }
    return starts
  }

  /// `![title](path "more")` or `![title](<path>)`.
  private static func image(_ bytes: [UInt8], _ start: Int) -> (end: Int, path: String)? {
    guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "["),
      let bracket = closing(bytes, start + 1, UInt8(ascii: "["), UInt8(ascii: "]")),
      bracket + 1 < bytes.count,
      bytes[bracket + 1] == UInt8(ascii: "("),
      let end = closing(bytes, bracket + 1, UInt8(ascii: "("), UInt8(ascii: ")"))
    else { return nil }
    var inside = bytes[bracket + 2..<end].drop { $0 == 0x20 || $0 == 0x0A }
    if inside.first == UInt8(ascii: "<") {
      inside = inside.dropFirst().prefix { $0 != UInt8(ascii: ">") }
    } else {
      inside = inside.prefix { $0 != 0x20 && $0 != 0x0A }
    }
    guard !inside.isEmpty else { return nil }
    return (end + 1, String(decoding: inside, as: UTF8.self))
  }

  /// Where the bracket that opens here closes; titles and paths are short.
  private static func closing(_ bytes: [UInt8], _ start: Int, _ open: UInt8, _ close: UInt8) -> Int? {
    var depth = 0
    var index = start
    while index < min(bytes.count, start + 4096) {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 1
      case open: depth += 1
      case close:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }
}
