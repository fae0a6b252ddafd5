import Checkpoints
import DiffusionModels
import Foundation
import TestSupport
import Testing

@testable import Generation

/// Configurations made from the shapes of published models' weights against the published configurations
/// (`Tests/Fixtures/formats/shapes.py`).
struct UNetShapeTests {
  private struct Model {
    let name: String
    let configuration: UNet2DConfiguration
    let shapes: [String: [Int]]
  }

  private static func models() throws -> [Model] {
    let json = try JSONSerialization.jsonObject(with: Fixture.data("formats/shapes.json"))
    return try (json as? [[String: Any]] ?? []).map { entry in
      let config = try JSONSerialization.data(withJSONObject: #require(entry["config"]))
      return Model(
        name: try #require(entry["model"] as? String), configuration: try UNet2DConfiguration(json: config),
        shapes: try #require(entry["shapes"] as? [String: [Int]]))
    }
  }

  @Test func publishedModels() throws {
    let models = try Self.models()
    #expect(models.count == 9)
    for model in models {
      let family: SingleFileCheckpoint.Family =
        switch model.name {
        case "sd-2": .sd2
        case "sdxl", "ssd-1b": .sdxl
        case "sdxl-refiner": .sdxlRefiner
        default: .sd1
        }
      let size = model.configuration.sampleSize?.first ?? 0
      let pooled = model.configuration.textTime == nil ? nil : 1280
      let settings = UNetShape(model.shapes, family).configuration(sampleSize: size, pooledWidth: pooled)
      var found = try UNet2DConfiguration(json: JSONSerialization.data(withJSONObject: settings))
      // The depth of a level without transformers means nothing; neither does the width that they would look at.
      #expect(
        found.downBlocks.map(\.transformerDepths) == model.configuration.downBlocks.map(\.transformerDepths),
        "\(model.name)")
      found.downBlocks = model.configuration.downBlocks
      #expect(found == model.configuration, "\(model.name)")
    }
  }
}
