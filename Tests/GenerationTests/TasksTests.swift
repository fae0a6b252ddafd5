import DiffusionModels
import Foundation
import Samplers
import TestSupport
import Testing

@testable import Generation

/// Every task against diffusers' pictures (`Tests/Fixtures/pipeline/tasks.py`).
@Suite struct TasksTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let folders: [String]
    let prompt: String
    let negative: String?
    let guidance: Float
    let seed: UInt64
    let steps: Int
    let sampler: String?
    let trailing: Bool
    let strength: Double
    let `init`: String?
    let mask: String?
    let width: Int
    let height: Int
    let tiling: Bool
    let taesd: Bool
    let hires: Double?
    let hiresSteps: Int
    let upscaler: String
    let refiner: [String]?
    let highNoise: Double
    let expected: String

    static let all: [Case] = (try? Fixture.json("pipeline/tasks.json")) ?? []

    var testDescription: String { expected }

    func request() throws -> GenerationRequest {
      var request = GenerationRequest(prompt: prompt)
      request.negativePrompt = negative
      request.guidanceScale = guidance
      request.seed = seed
      request.stepCount = steps
      request.sampler = sampler
      request.schedule = trailing ? .trailing : nil
      request.strength = strength
      request.initialPicture = try `init`.map { try PNGFile.read(Fixture.url("pipeline/\($0)")) }
      request.mask = try mask.map { try PNGFile.read(Fixture.url("pipeline/\($0)")) }
      if `init` == nil { (request.width, request.height) = (width, height) }
      request.refinerStart = highNoise
      guard let hires else { return request }
      var fix = HiresFix()
      fix.scale = hires
      fix.stepCount = hiresSteps
      fix.strength = strength
      fix.upscaler = try #require(HiresFix.Upscaler(rawValue: upscaler))
      request.hiresFix = fix
      return request
    }

    func options(_ files: ModelFiles) -> PipelineOptions {
      var options = PipelineOptions()
      if tiling { options.tiling = Tiling(files.autoencoderConfiguration) }
      if taesd { options.tinyAutoencoder = Fixture.url("pipeline/taesd_decoder.safetensors") }
      return options
    }
  }

  @Test func thereAreCases() {
    #expect(Case.all.count >= 30)
    #expect(Set(Case.all.map { $0.folders[0] }) == ["sd1", "sdxl", "inpainting", "lcm", "pruned", "refiner"])
  }

  @Test(arguments: Case.all) func equalsDiffusers(_ test: Case) throws {
    try ModelFolder.combining(test.folders) { folder in
      let files = try ModelFiles(contentsOf: folder.url)
      var options = test.options(files)
      let request = try test.request()
      guard let refiner = test.refiner else {
        return try expect(TextToImagePipeline(files, options), request, draws: "pipeline/\(test.expected)")
      }
      try ModelFolder.combining(refiner) {
        options.refiner = try ModelFiles(contentsOf: $0.url)
        try expect(TextToImagePipeline(files, options), request, draws: "pipeline/\(test.expected)")
      }
    }
  }

  /// With low memory each part is loaded anew, and the batch is decoded at the end: the pictures are the same.
  @Test(arguments: ["task-07.png", "task-30.png", "task-29.png"]) func lowMemoryChangesNothing(
    _ name: String
  ) throws {
    let test = try #require(Case.all.first { $0.expected == name })
    try ModelFolder.combining(test.folders) { folder in
      let files = try ModelFiles(contentsOf: folder.url)
      var options = test.options(files)
      let plain = try Run(TextToImagePipeline(files, options), test.request(), count: 2)
      options.isLowMemory = true
      let low = try Run(TextToImagePipeline(files, options), test.request(), count: 2)
      #expect(plain.pictures.map(\.picture) == low.pictures.map(\.picture))
      #expect(plain.pictures.map(\.parameters) == low.pictures.map(\.parameters))
      #expect(low.pictures[0].picture != low.pictures[1].picture)
    }
  }
}
