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
      if mask == true { request.mask = try PNGFile.read(Fixture.url("formats/mask.png")) }
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

  @Test(arguments: Case.all.filter { $0.family != "lcm" })
  func lightningCheckpoints(_ example: Case) throws {
    try expect(example, from: Fixture.url("formats/\(example.family).ckpt"))
  }

  /// The model's own autoencoder from a file gives the same picture, that of another model from a file or folder another.
  @Test func anotherAutoencoder() throws {
    let example = try #require(Case.all.first { $0.family == "sd1" })
    func pipeline(_ autoencoder: String) throws -> TextToImagePipeline {
      var choices = ModelChoices()
      choices.autoencoder = Fixture.url(autoencoder)
      return try TextToImagePipeline(ModelFiles(contentsOf: Fixture.url("formats/sd1.ckpt"), choices))
    }
    try GenerationTests.expect(
      pipeline("formats/sd1.ckpt"), example.request(), draws: "formats/\(example.expected)")
    let expected = try PNGFile.read(Fixture.url("formats/\(example.expected)"))
    for other in ["formats/lcm", "formats/sd2.ckpt"] {
      #expect(try Run(pipeline(other), example.request()).pictures[0].picture != expected, "\(other)")
    }
  }

  /// SD 2's files predict v unless somebody says otherwise.
  @Test func thePredictionCanBeGiven() throws {
    var choices = ModelChoices()
    let url = Fixture.url("formats/sd2.ckpt")
    #expect(try ModelFiles(contentsOf: url, choices).scheduler.predictionType == .velocity)
    choices.prediction = .epsilon
    #expect(try ModelFiles(contentsOf: url, choices).scheduler.predictionType == .epsilon)
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
