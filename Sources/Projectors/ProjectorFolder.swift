import Checkpoints
import Foundation

/// Loads a model folder's `projector/`: `config.json` and `model.safetensors`.
///
/// - Throws: `ConfigurationError`, `CheckpointError` or `WeightsError`, each one line that names the file.
public func loadProjector(folder: URL) throws -> OutputProjector {
  let configuration = try ProjectorConfiguration(contentsOf: folder.appending(path: "config.json"))
  return try OutputProjector(Weights(contentsOf: folder), configuration)
}
