import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import Generation

/// Models in the layouts of published files against diffusers' pictures (`Tests/Fixtures/formats/make.py`).
struct SingleFileTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let family: String
    let prompt: String
    let negative: String?
    let guidance: Float
    let seed: UInt64
    let steps: Int
    let strength: Double?
    let `init`: Bool?
    let mask: Bool?
    let expected: String

    static let all: [Case] = (try? Fixture.json("formats/cases.json")) ?? []
    var testDescription: String { expected }

    func request() throws -> GenerationRequest {
      var request = GenerationRequest(prompt: prompt)
      request.negativePrompt = negative
      request.guidanceScale = guidance
      request.seed = seed
      request.stepCount = steps
      if let strength { request.strength = strength }
      if `init` == true {
        request.initialPicture = try PNGFile.read(Fixture.url("pipeline/00-sd1.png"))
      } else {
        (request.width, request.height) = (64, 64)
      }
      return request
    }
  }

  private func expect(
    _ example: Case, from url: URL, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try GenerationTests.expect(
      TextToImagePipeline(ModelFiles(contentsOf: url)), example.request(),
      draws: "formats/\(example.expected)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: Case.all.filter { !["inpainting", "lcm"].contains($0.family) })
  func lightningCheckpoints(_ example: Case) throws {
    try expect(example, from: Fixture.url("formats/\(example.family).ckpt"))
  }

  /// A folder with torch's files, and a UNet that embeds the guidance.
  @Test(arguments: Case.all.filter { $0.family == "lcm" }) func torchFolders(_ example: Case) throws {
    try LCMFolder.with { try expect(example, from: $0) }
  }
}

/// The fixture with the tokenizer's files, which are too large to keep beside it.
enum LCMFolder {
  static func with(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "lcm")
      try FileManager.default.copyItem(at: Fixture.url("formats/lcm"), to: model)
      let tokenizer = model.appending(path: "tokenizer")
      try FileManager.default.createDirectory(at: tokenizer, withIntermediateDirectories: true)
      try CLIPTokenizer.writeBuiltIn(to: tokenizer)
      try body(model)
    }
  }
}
