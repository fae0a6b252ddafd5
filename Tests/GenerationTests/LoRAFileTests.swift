import Foundation
import TestSupport
import Testing

@testable import Generation

/// LoRA files merged into a model, against diffusers' pictures (`Tests/Fixtures/formats/lora.py`).
struct LoRAFileTests {
  struct Case: Decodable, CustomTestStringConvertible {
    /// A file and how much of it.
    struct Adapter: Decodable {
      let name: String
      let scale: Float
      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        name = try values.decode(String.self)
        scale = try values.decode(Float.self)
      }
    }
    let model: String
    let loras: [Adapter]
    let prompt: String
    let guidance: Float
    let seed: UInt64
    let steps: Int
    let expected: String

    static let all: [Case] = (try? Fixture.json("formats/lora.json")) ?? []
    var testDescription: String { expected }
  }

  private func files(_ model: String, _ adapters: [(String, Float)]) throws -> ModelFiles {
    var choices = ModelChoices()
    choices.adapters = adapters.map { (Fixture.url("formats/lora-\($0).safetensors"), $1) }
    return try ModelFiles(contentsOf: Fixture.url("pipeline/\(model)"), choices)
  }

  @Test(arguments: Case.all) func equalsDiffusers(_ example: Case) throws {
    let files = try files(example.model, example.loras.map { ($0.name, $0.scale) })
    var request = GenerationRequest(prompt: example.prompt)
    request.guidanceScale = example.guidance
    request.seed = example.seed
    request.stepCount = example.steps
    (request.width, request.height) = (64, 64)
    try expect(TextToImagePipeline(files), request, draws: "formats/\(example.expected)")
  }

  @Test func noneIsLeftOut() { #expect(Case.all.count == 5) }

  /// A file for another kind of model is refused before anything is loaded.
  @Test func adaptersOfOtherModels() throws {
    let fault = message { _ = try files("sd1", [("xl", 1)]) }
    #expect(
      fault?.contains("lora-xl.safetensors") == true && fault?.contains("no place") == true, "\(fault ?? "")")
    let other = message { _ = try files("sdxl", [("kohya", 1)]) }
    #expect(other?.contains("lora-kohya.safetensors") == true, "\(other ?? "")")
  }

  @Test func filesThatAreNone() throws {
    var choices = ModelChoices()
    choices.adapters = [(Fixture.url("formats/embedding-kohya.safetensors"), 1)]
    let fault = message { _ = try ModelFiles(contentsOf: Fixture.url("pipeline/sd1"), choices) }
    #expect(fault?.contains("emb_params") == true, "\(fault ?? "")")
  }
}
