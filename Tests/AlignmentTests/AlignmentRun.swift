import Foundation
import Projectors
import TestSupport

@testable import Alignment

/// Small alignments: the tiny models of Tests/Fixtures as teachers, and others as students.
struct AlignmentRun {
  static let captions = [
    "a red cat", "a dog", "two green apples", "the old oak tree", "a fox", "rain on the roof",
    "a girl reading",
    "a book", "a blue car", "the sea", "a boat on the sea", "a sun",
  ]

  let folder: URL
  var request: AlignmentRequest

  /// A request over `captions` with a language model that the teacher never saw, in a new folder.
  static func with<R>(
    teacher: String = "signal", llm: String = "llama-tied", captions: [String] = captions,
    _ body: (inout AlignmentRun) throws -> R
  ) throws -> R {
    try ModelFolder.with(teacher) { model in
      try withTemporaryFolder { folder in
        let file = folder.appending(path: "captions.txt")
        try Data(captions.joined(separator: "\n").utf8).write(to: file)
        var request = AlignmentRequest(
          teacher: model.url, captions: file, output: folder.appending(path: "aligned"))
        request.languageModel = Fixture.url("language/\(llm)")
        (request.steps, request.batchSize, request.evaluateEvery, request.heldOut) = (12, 4, 4, 3)
        (request.width, request.heads, request.depth, request.feedForward) = (32, 4, 1, 48)
        var run = AlignmentRun(folder: folder, request: request)
        return try body(&run)
      }
    }
  }

  @discardableResult
  func callAsFunction(_ progress: (Alignment.Event) throws -> Void = { _ in }) throws -> AlignmentReport {
    try Alignment(request).run(progress: progress)
  }

  /// What a finished training leaves that depends on it.
  var results: [String: Data] {
    get throws {
      let names = [
        "projector/model.safetensors", "projector/config.json", "model_index.json", "alignment/loss.svg",
        "alignment/report.json",
      ]
      return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: request.output.appending(path: $0))) })
    }
  }
}
