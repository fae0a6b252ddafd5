import Checkpoints
import Foundation
import Layers
import Tokenizers

/// A folder as diffusers saves a pipeline: a folder for each part, beside `model_index.json`.
struct FolderLayout: ModelLayout {
  let folder: URL
  let index: ModelIndex
  private let variant: String?

  init(_ folder: URL, variant: String? = nil) throws {
    let indexFile = folder.appending(path: "model_index.json")
    guard FileManager.default.fileExists(atPath: indexFile.path) else {
      throw GenerationError.notAModel(folder.path)
    }
    self.folder = folder
    self.variant = variant
    index = try readConfiguration(ModelIndex.self, at: indexFile)
  }

  func configuration(of part: ModelPart) throws -> (json: Data, source: String) {
    let name = part == .scheduler ? "scheduler_config.json" : "config.json"
    let file = folder.appending(path: "\(part.rawValue)/\(name)")
    do {
      return (try Data(contentsOf: file), file.path)
    } catch {
      throw ConfigurationError("cannot be read", file: file.path)
    }
  }

  func weights(of part: ModelPart) throws -> Weights {
    try Weights(contentsOf: folder.appending(path: part.rawValue), variant: variant)
  }

  func tokenizer(for encoder: ModelPart) throws -> CLIPTokenizer {
    try CLIPTokenizer(folder: folder.appending(path: encoder.tokenizerFolder))
  }
}
