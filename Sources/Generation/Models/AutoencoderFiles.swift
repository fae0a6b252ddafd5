import Checkpoints
import Foundation

/// An autoencoder that is not part of a model: a folder with `config.json`, or a single file of any layout.
struct AutoencoderFiles {
  let configuration: (json: Data, source: String)
  private let open: @Sendable () throws -> Weights

  /// - Parameter scalingFactor: of the model that it goes with, for files without a configuration.
  init(_ url: URL, scalingFactor: Float) throws {
    if ModelFiles.isFile(url) {
      let file = try SingleFileCheckpoint(contentsOf: url)
      guard file.has(.autoencoder) else {
        throw GenerationError.incompatible("\(url.path): holds no autoencoder (VAE)")
      }
      let settings = AutoencoderShape(file.shapes(of: .autoencoder))
        .configuration(scalingFactor: Double("\(scalingFactor)") ?? 0.18215)
      configuration = (try JSONSerialization.data(withJSONObject: settings), url.path)
      open = { file.weights(of: .autoencoder) }
      return
    }
    // A whole model's folder will do too.
    let inner = url.appending(path: "vae")
    let folder = FileManager.default.fileExists(atPath: inner.path) ? inner : url
    let file = folder.appending(path: "config.json")
    guard let json = try? Data(contentsOf: file) else {
      throw GenerationError.incompatible(
        "\(url.path): neither a checkpoint file nor a folder with config.json")
    }
    configuration = (json, file.path)
    open = { try Weights(contentsOf: folder) }
  }

  func weights() throws -> Weights { try open() }
}
