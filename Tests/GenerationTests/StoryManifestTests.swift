import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct StoryManifestTests {
  private var story: StoryManifest {
    var request = StoryRequest(prompt: "a “fox”\nwith \\ and /")
    request.guidanceScale = 4.5
    var story = StoryManifest(
      StoryManifest.Header(request: request, model: "m", modelHash: "1", languageModelHash: "2"))
    story.append(.text("Once, \u{2028}\r\n\t猫.", tokens: [1, 2, 300]))
    story.append(
      .image(
        StoryImage(
          path: "images/001.png", caption: "Once.", seed: .max, position: 3, isForced: false, width: 64,
          height: 8,
          sha256: "ab")))
    story.append(.text("", tokens: [4]))
    return story
  }

  private func read(_ text: String) throws -> StoryManifest {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "manifest.jsonl")
      try Data(text.utf8).write(to: file)
      return try StoryManifest(contentsOf: file)
    }
  }

  @Test func isReadAsItWasWritten() throws {
    var story = story
    #expect(try read(story.text) == story)
    story.finish("length limit")
    let again = try read(story.text)
    #expect(again == story && again.end == "length limit" && again.items.count == 3)
    #expect(story.text.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 5)
  }

  /// What an interruption leaves of the last line says nothing.
  @Test func aTornLastLineIsPassedOver() throws {
    let story = story
    let lines = story.text.split(separator: "\n")
    let torn = lines.dropLast().joined(separator: "\n") + "\n" + lines[3].dropLast(5)
    let read = try read(torn)
    #expect(read.items == Array(story.items.dropLast()))
  }

  @Test func anEditIsNoticedInItsLine() throws {
    let lines = story.text.split(separator: "\n").map(String.init)
    let edits: [(Int, String, String)] = [
      (0, "\"seed\":42", "\"seed\":43"), (1, "Once", "Twice"), (1, "300", "301"), (2, "false", "true"),
      (2, "\"ab\"", "\"ac\""), (3, "[4]", "[5]"), (3, "\"check\":\"", "\"check\":\"0"),
    ]
    for (line, old, new) in edits {
      var changed = lines
      #expect(changed[line].contains(old))
      changed[line] = changed[line].replacingOccurrences(of: old, with: new)
      let error = #expect(throws: StoryError.self) { try read(changed.joined(separator: "\n") + "\n") }
      guard case .editedManifest(_, line + 1) = error else {
        Issue.record("\(String(describing: error)) for line \(line + 1)")
        continue
      }
    }
    // A line taken out, or put elsewhere.
    for order in [[0, 2, 3], [0, 2, 1, 3], [0, 1, 3]] {
      let text = order.map { lines[$0] }.joined(separator: "\n") + "\n"
      #expect(throws: StoryError.self) { try read(text) }
    }
  }

  @Test(arguments: [
    "", "\n", "{}\n", "[]\n", "{\"type\":\"end\",\"reason\":\"x\",\"check\":\"\"}\n", "\u{FEFF}a\nb\n",
  ])
  func otherFilesAreRefused(_ text: String) {
    #expect(throws: StoryError.self) { try read(text) }
  }

  @Test func filesThatAreNoText() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "manifest.jsonl")
      #expect(throws: StoryError.unreadable(file.path)) { try StoryManifest(contentsOf: file) }
      try Data([0xFF, 0xFE, 0x0A]).write(to: file)
      #expect(throws: StoryError.notAManifest(file.path, line: 1)) { try StoryManifest(contentsOf: file) }
    }
  }
}
