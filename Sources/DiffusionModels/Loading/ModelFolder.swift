import Checkpoints
import Foundation
import Tensors

// Folders as diffusers writes them: config.json beside the weights.

extension Weights {
  /// The weights in a folder, for layers of an arithmetic.
  fileprivate init(folder: URL, _ precision: Precision) throws {
    self = try Weights(contentsOf: folder).with(precision)
  }
}

extension UNet2DConditionModel {
  public init(folder: URL, precision: Precision = .f32) throws {
    let configuration = try UNet2DConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(folder: folder, precision), configuration)
  }
}

extension AutoencoderKL.Decoder {
  public init(folder: URL, precision: Precision = .f32) throws {
    let configuration = try AutoencoderKLConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(folder: folder, precision), configuration)
  }
}

extension AutoencoderKL.Encoder {
  public init(folder: URL, precision: Precision = .f32) throws {
    let configuration = try AutoencoderKLConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(folder: folder, precision), configuration)
  }
}

extension AutoencoderTiny.Decoder {
  public init(folder: URL, precision: Precision = .f32) throws {
    let configuration = try AutoencoderTinyConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(folder: folder, precision), configuration)
  }
}

extension AutoencoderTiny.Encoder {
  public init(folder: URL, precision: Precision = .f32) throws {
    let configuration = try AutoencoderTinyConfiguration(contentsOf: folder.appending(path: "config.json"))
    try self.init(Weights(folder: folder, precision), configuration)
  }
}
