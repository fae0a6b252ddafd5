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
    struct Entry: Encodable {
      var dtype: String?
      var shape: [Int]?
      var data_offsets: [Int]?
      var format: String?
      var parameters: String?
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var header = try encoder.encode([
      "__metadata__": Entry(format: "pt", parameters: parameters.text),
      "latents": Entry(dtype: "F32", shape: latents.shape, data_offsets: [0, latents.byteCount]),
    ])
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var data = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    data.append(header)
    latents.withBytes { data.append(contentsOf: $0) }
    let temporary = url.deletingLastPathComponent()
      .appending(path: ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part")
    do {
      try data.write(to: temporary)
      guard rename(temporary.path, url.path) == 0 else {
        throw CheckpointError(file: url.path, fault: String(cString: strerror(errno)))
      }
    } catch {
      unlink(temporary.path)
      throw error
    }
  }
}
