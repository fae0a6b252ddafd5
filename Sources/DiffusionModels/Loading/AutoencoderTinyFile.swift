import Checkpoints
import Foundation
import Layers

extension AutoencoderTiny.Decoder {
  /// Opens a diffusers folder, or a single file: diffusers' tensors, or those of the original TAESD (a `taesd_decoder`
  /// file, whose keys are positions in the list of layers; or both halves below `decoder.` and `encoder.`).
  public init(contentsOf url: URL) throws {
    guard !url.isFolder else {
      try self.init(folder: url)
      return
    }
    let weights = try Weights(contentsOf: url).renamed(Self.diffusersName)
    try self.init(weights, AutoencoderTinyConfiguration(json: Self.configuration(weights), source: url.path))
  }

  /// The original's list begins with a clamp that has no weights, diffusers' with the first convolution.
  private static func diffusersName(_ name: String) -> String {
    let half = name.prefix { $0 != "." }
    guard half != "encoder", !name.hasPrefix("decoder.layers.") else { return name }
    let original = ["decoder", "taesd_decoder"].contains(half) ? name.dropFirst(half.count + 1) : name[...]
    let position = original.prefix { $0 != "." }
    guard let index = Int(position), index > 0 else { return name }
    return "decoder.layers.\(index - 1)\(original.dropFirst(position.count))"
  }

  /// What config.json would say, from the shapes: residual blocks between upsamplings, which have no tensors.
  private static func configuration(_ weights: Weights) throws -> Data {
    let layers = weights["decoder"]["layers"]
    guard let first = layers.shape(of: "0.weight"), first.count == 4 else {
      throw WeightsError.missing("decoder.layers.0.weight", source: weights.source)
    }
    var blocks: [Int] = []
    var index = 2  // after the first convolution and its activation
    while blocks.count < 16 {
      let start = index
      while layers.has("\(index).conv.0.weight") { index += 1 }
      blocks.append(index - start)
      guard !layers.has("\(index).weight") else { break }
      index += 2  // an upsampling and its convolution
    }
    return try JSONSerialization.data(withJSONObject: [
      "latent_channels": first[1], "num_decoder_blocks": blocks,
      "decoder_block_out_channels": blocks.map { _ in first[0] },
    ])
  }
}

extension URL {
  var isFolder: Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }
}
