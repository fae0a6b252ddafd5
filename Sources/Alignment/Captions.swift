import Foundation

/// A line of a captions file.
struct Caption: Sendable, Equatable {
  let text: String
  /// From 1.
  let line: Int
}

/// A text file with a caption on each line. Blank lines and lines that repeat an earlier one are left out, so that no
/// caption is both trained on and held out.
struct Captions: Sendable {
  let all: [Caption]
  let path: String

  private static let maximumBytes = 1 << 30

  init(contentsOf url: URL) throws(AlignmentError) {
    path = url.path
    guard FileManager.default.fileExists(atPath: path) else {
      throw .captions("\(path): there is no such captions file")
    }
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
    guard values?.isRegularFile == true, let size = values?.fileSize else {
      throw .captions("\(path): is not a file of captions")
    }
    guard size <= Self.maximumBytes else { throw .captions("\(path): is larger than 1 GB") }
    guard let data = try? Data(contentsOf: url) else { throw .captions("\(path): cannot be read") }
    var captions: [Caption] = []
    var seen: Set<String> = []
    for (index, bytes) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      guard let line = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw .captions("\(path): line \(index + 1) is not UTF-8 text")
      }
      let text = line.trimmingCharacters(in: .whitespacesAndNewlines.union(["\u{FEFF}"]))
      if !text.isEmpty, seen.insert(text).inserted { captions.append(Caption(text: text, line: index + 1)) }
    }
    guard !captions.isEmpty else { throw .captions("\(path): holds no captions") }
    guard captions.count > 1 else {
      throw .captions("\(path): holds one caption; at least two are needed, one to learn and one to hold out")
    }
    all = captions
  }

  /// Refuses a caption of more tokens than there is room for.
  func check(_ caption: Caption, tokens: Int, room: Int, of reader: String) throws(AlignmentError) {
    guard tokens <= room else {
      throw .captions(
        "\(path): line \(caption.line) makes \(tokens) tokens, but \(reader) has room for \(max(room, 0))")
    }
  }
}
