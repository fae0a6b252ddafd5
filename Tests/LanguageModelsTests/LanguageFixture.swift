import Checkpoints
import Foundation
import LanguageModels
import Tensors
import TestSupport

/// What Tests/Fixtures/language/make.py wrote.
enum LanguageFixture {
  static let ids: [Int] = (try? Fixture.json("language/ids.json")) ?? []

  static func model(_ name: String) throws -> LanguageModel {
    try LanguageModel(contentsOf: Fixture.url("language/\(name)"))
  }

  static func expected(_ name: String, _ shape: [Int], file: String = "expected") throws -> Tensor {
    try Weights(contentsOf: Fixture.url("language/\(file).safetensors")).tensor(name, shape)
  }

  /// The 32 answers of the tiny models over `ids`: (T, 320) and (T, 32).
  static func answers(_ name: String) throws -> (logits: Tensor, hidden: Tensor) {
    (
      try expected("\(name).logits", [ids.count, 320]),
      try expected("\(name).hidden", [ids.count, 32])
    )
  }

  /// A new folder that is removed by the caller's `defer`.
  static func temporaryFolder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }
}
