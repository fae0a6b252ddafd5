import Foundation

/// Where pictures go: a name for each, from `-o`.
struct OutputPath {
  private let pattern: String

  /// - Parameter pattern: a .png path; `%d` or `%03d` in it becomes the picture's number, from 1.
  init(_ pattern: String) throws {
    guard pattern.lowercased().hasSuffix(".png") else {
      throw UsageError("--output \(pattern): pictures are written as PNG; end the name with .png")
    }
    self.pattern = pattern
  }

  /// The place of picture `index`, counted from 0. Without a number in the pattern, the second is called `name_2.png`.
  func url(_ index: Int) -> URL {
    if let match = pattern.firstMatch(of: /%(0?)([1-9]?)d/) {
      let digits = String(index + 1)
      let missing = max(0, (Int(match.output.2) ?? 0) - digits.count)
      let padding = String(repeating: match.output.1.isEmpty ? " " : "0", count: missing)
      return URL(filePath: pattern.replacingCharacters(in: match.range, with: padding + digits))
    }
    return URL(filePath: index == 0 ? pattern : "\(pattern.dropLast(4))_\(index + 1).png")
  }

  /// Fails, before any work is done, if a file could not be written there.
  func checkWritable(count: Int) throws {
    // All pictures of a run lie in one folder, unless the number is in the folder's name.
    for index in 0..<min(count, pattern.contains("%") ? count : 1) {
      let url = url(index)
      let folder = url.deletingLastPathComponent()
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory),
        isDirectory.boolValue
      else { throw OutputError("\(url.path): the folder \(folder.path) does not exist") }
      guard
        !FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) || !isDirectory.boolValue
      else { throw OutputError("\(url.path): is a folder") }
      // Permission bits do not tell all: only making a file shows that one can be made.
      let probe = folder.appending(path: ".\(url.lastPathComponent).\(getpid()).part")
      let descriptor = open(probe.path, O_CREAT | O_WRONLY | O_EXCL, 0o666)
      guard descriptor >= 0 else { throw OutputError("\(url.path): \(String(cString: strerror(errno)))") }
      close(descriptor)
      unlink(probe.path)
    }
  }
}

/// An output that cannot be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
