import Foundation
import Tensors

/// A file of named tensors in any of the known formats, told apart by its first bytes.
struct TensorFile {
  let tensors: [String: Tensor]
  /// Training steps that a torch checkpoint states beside its tensors.
  var globalStep: Int?
  /// What the file says of itself in words.
  var metadata: [String: String] = [:]

  init(contentsOf url: URL) throws(CheckpointError) {
    let storage = try mapFile(url)
    switch Self.format(storage, url.pathExtension) {
    case .gguf:
      let file = try GGUFFile(storage, file: url.path)
      tensors = try Self.restored(file, url)
      for case (let key, .string(let text)) in file.metadata.values { metadata[key] = text }
    case .safetensors:
      let file = try SafetensorsFile(storage, file: url.path)
      (tensors, metadata) = (file.tensors, file.metadata)
    case .torch:
      let file = try TorchFile(storage, file: url.path)
      (tensors, globalStep) = (file.tensors, file.globalStep)
    }
  }

  private enum Format { case gguf, torch, safetensors }

  /// What the content says goes before the name's ending, which people change.
  private static func format(_ storage: Storage, _ pathExtension: String) -> Format {
    let head = UnsafeRawBufferPointer(start: storage.base, count: min(9, storage.byteCount))
    if head.starts(with: "GGUF".utf8) { return .gguf }
    if head.starts(with: "PK\u{3}\u{4}".utf8) || head.starts(with: [0x80, 2, 0x8A, 0x0A]) { return .torch }
    if head.count == 9, head[8] == UInt8(ascii: "{") { return .safetensors }
    switch pathExtension {
    case "gguf": return .gguf
    case "ckpt", "pt", "pth", "bin": return .torch
    default: return .safetensors
    }
  }

  /// Tensors whose rows did not hold whole blocks were given another shape before they were quantized; the metadata
  /// `comfy.gguf.orig_shape.…` has the true one. Those are decoded here, as blocks may straddle their rows.
  private static func restored(_ file: GGUFFile, _ url: URL) throws(CheckpointError) -> [String: Tensor] {
    var tensors = file.tensors
    let prefix = "comfy.gguf.orig_shape."
    for key in file.metadata.values.keys where key.hasPrefix(prefix) {
      let name = String(key.dropFirst(prefix.count))
      guard let tensor = tensors[name] else { continue }
      let shape = try file.metadata.integers(key)
      let isPossible = shape.allSatisfy { $0 > 0 } && DType.float32.byteCount(of: shape) == 4 * tensor.count
      guard isPossible else {
        throw CheckpointError(file: url.path, fault: "tensor \(quoted(name)) does not have \(shape) elements")
      }
      tensors[name] = (tensor.dtype.blockSize == 1 ? tensor : tensor.float32()).reshaped(shape)
    }
    return tensors
  }
}
