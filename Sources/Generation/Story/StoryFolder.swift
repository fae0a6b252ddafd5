import Foundation

/// Where a story's files lie: `manifest.jsonl`, `story.md`, `story.html` and `images/`.
struct StoryFolder {
  let url: URL
  var manifest: URL { url.appending(path: "manifest.jsonl") }

  /// The story that is already there; nil where the folder is new or empty. Anything else in it is an error.
  func existing() throws -> StoryManifest? {
    let files = FileManager.default
    guard files.fileExists(atPath: url.path) else { return nil }
    guard let names = try? files.contentsOfDirectory(atPath: url.path) else {
      throw StoryError.cannotWrite(url.path, reason: "is not a folder that can be read")
    }
    if names.contains("manifest.jsonl") { return try StoryManifest(contentsOf: manifest) }
    if let found = names.sorted().first { throw StoryError.holdsSomethingElse(url.path, found: found) }
    return nil
  }

  func create() throws {
    do {
      try FileManager.default.createDirectory(
        at: url.appending(path: "images"), withIntermediateDirectories: true)
    } catch {
      throw StoryError.cannotWrite(url.path, reason: "the folder cannot be made")
    }
  }

  /// Writes the manifest and the pages that show what it holds, each aside and renamed.
  func save(_ story: StoryManifest) throws {
    try write(story.text, to: manifest)
    let page = StoryPage(title: story.header.request.prompt, items: story.items)
    try write(page.markdown, to: url.appending(path: "story.md"))
    try write(page.html, to: url.appending(path: "story.html"))
  }

  /// The name of picture `index`, counted from 0, relative to the folder.
  func imagePath(_ index: Int) -> String {
    let digits = String(index + 1)
    return "images/" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + ".png"
  }

  /// Whether the file of a picture is there, as it was recorded.
  func holds(_ image: StoryImage) -> Bool {
    digest(image.path) == image.sha256
  }

  /// SHA-256 of one of the folder's files; nil where it cannot be read.
  func digest(_ path: String) -> String? {
    (try? Data(contentsOf: url.appending(path: path))).map { SHA256.hex($0) }
  }

  private func write(_ text: String, to file: URL) throws {
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw StoryError.cannotWrite(file.path, reason: "cannot be written")
    }
  }
}
