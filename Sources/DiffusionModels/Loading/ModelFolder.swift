import Checkpoints
import Foundation

// Folders as diffusers writes them: config.json beside the weights.

extension UNet2DConditionModel {
  public init(folder: URL) throws {
    let configuration = try UNet2DConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(contentsOf: folder), configuration)
  }
}

extension AutoencoderKL.Decoder {
  public init(folder: URL) throws {
    let configuration = try AutoencoderKLConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(contentsOf: folder), configuration)
  }
}

extension AutoencoderKL.Encoder {
  public init(folder: URL) throws {
    let configuration = try AutoencoderKLConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(contentsOf: folder), configuration)
  }
}

extension AutoencoderTiny.Decoder {
  public init(folder: URL) throws {
    let configuration = try AutoencoderTinyConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(contentsOf: folder), configuration)
  }
}

extension AutoencoderTiny.Encoder {
  public init(folder: URL) throws {
    let configuration = try AutoencoderTinyConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(contentsOf: folder), configuration)
  }
}
