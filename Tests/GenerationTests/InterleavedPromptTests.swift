import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct InterleavedPromptTests {
  private let picture = Picture(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])

  @Test func neighbouringTextsMerge() {
    let prompt = InterleavedPrompt([.text("a"), .text("b"), .picture(picture), .text(""), .text("c")])
    #expect(prompt.merged.items == [.text("ab"), .picture(picture), .text("c")])
    #expect(prompt.text == "abc" && prompt.hasPictures && !InterleavedPrompt(text: "a").hasPictures)
    #expect(prompt.wrapped(before: "<", after: ">").items == [.text("<ab"), .picture(picture), .text("c>")])
  }

  /// Writes a document beside a picture `a b.png` and reads it.
  private func read(_ markdown: String) throws -> InterleavedPrompt {
    try withTemporaryFolder { folder in
      try PNGFile.write(picture, to: folder.appending(path: "a b.png"))
      let file = folder.appending(path: "document.md")
      try Data(markdown.utf8).write(to: file)
      return try InterleavedPrompt(markdown: file)
    }
  }

  @Test(arguments: [
    ("  x\n", "x"), ("x ![t](a%20b.png) y", "x # y"), ("![](<a b.png>)", "#"),
    ("![a [b]](a%20b.png \"title\")z", "#z"),
    ("![a](a%20b.png)![b](a%20b.png)", "##"), ("\\![a](a%20b.png)", "\\![a](a%20b.png)"),
    ("`![a](a.png)` ![a](a%20b.png)", "`![a](a.png)` #"),
    ("```\n![a](a.png)\n``` b", "```\n![a](a.png)\n``` b"),
    ("![a] (a.png)", "![a] (a.png)"), ("![a](", "![a]("), ("!", "!"), ("a\\", "a\\"),
    ("``` x ![a](b.png)", "``` x ![a](b.png)"),
    ("![a]()", "![a]()"), ("[a](b.png)", "[a](b.png)"),
  ])
  func readsMarkdown(_ markdown: String, _ expected: String) throws {
    let prompt = try read(markdown)
    let written = prompt.items.map { item in
      if case .text(let text) = item { text } else { "#" }
    }
    #expect(written.joined() == expected)
    for case .picture(let found) in prompt.items { #expect(found == picture) }
  }

  @Test(arguments: [
    ("", "empty"), (" \n", "empty"), ("![a](none.png)", "none.png"),
    ("![a](https://example.org/a.png)", "not a file"),
    ("![a](data:image/png;base64,AAAA)", "not a file"), ("![a](document.md)", "document.md"),
    ("![a](.)", "rror"),
    ("![a](a%00b.png)", "NUL"),
  ])
  func impossibleDocumentsAreErrors(_ markdown: String, _ word: String) {
    let text = message { _ = try read(markdown) }
    #expect(text?.contains(word) == true && text?.contains("\n") == false, "\(text ?? "read")")
  }

  @Test func filesThatAreNoText() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "document.md")
      #expect(message { _ = try InterleavedPrompt(markdown: file) }?.contains("read") == true)
      try Data([0x61, 0xFF]).write(to: file)
      #expect(message { _ = try InterleavedPrompt(markdown: file) }?.contains("UTF-8") == true)
      try Data(repeating: 0x61, count: 1 << 22 + 1).write(to: file)
      #expect(message { _ = try InterleavedPrompt(markdown: file) }?.contains("4 MB") == true)
    }
  }

  @Test(.timeLimit(.minutes(1))) func manyBracketsAreNoTrap() throws {
    let runs = (1...1500).map { String(repeating: "`", count: $0) }.joined(separator: " ")
    for text in [
      runs, String(repeating: "![", count: 200_000), String(repeating: "`", count: 300_000),
      String(repeating: "`` ` ", count: 20_000),
    ] {
      #expect(MarkdownScanner.parts(of: text) == [.text(text)])
    }
  }
}
