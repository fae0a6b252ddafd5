import Checkpoints
import Foundation
import Tensors

/// Latents on disk, so that a decode that fails can be done again: a safetensors file with the tensor `latents`
/// (1, C, h, w), as the UNet sees them, and the picture's parameters in its metadata.
public struct LatentsFile: Sendable {
  public let latents: Tensor
  public let parameters: GenerationParameters

  public init(latents: Tensor, parameters: GenerationParameters) {
    self.latents = latents
    self.parameters = parameters
  }

  public init(contentsOf url: URL) throws {
    let file = try SafetensorsFile(contentsOf: url)
    guard let latents = file.tensors["latents"], latents.shape.count == 4, latents.shape[0] == 1,
      latents.count > 0, latents.dtype.isFloatingPoint
    else { throw CheckpointError(file: url.path, fault: "holds no latents of one picture") }
    self.latents = latents.float32()
    guard self.latents.isFinite else {
      throw CheckpointError(file: url.path, fault: "its latents hold NaN or infinity")
    }
    parameters = GenerationParameters(text: file.metadata["parameters"] ?? "")
  }

  /// Writes the file beside its destination and renames it.
  public func write(to url: URL) throws {
    try SafetensorsFile.write(["latents": latents], metadata: ["parameters": parameters.text], to: url)
  }
}
