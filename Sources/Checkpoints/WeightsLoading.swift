import Foundation
import Tensors

extension Weights {
  /// Files that hold a model's weights in a diffusers or transformers folder, in order of preference.
  private static let fileNames =
    ["diffusion_pytorch_model", "model"].flatMap { stem in
      [
        "\(stem).safetensors", "\(stem).safetensors.index.json", "\(stem).fp16.safetensors",
        "\(stem).safetensors.index.fp16.json", "\(stem).fp16.safetensors.index.json",
      ]
    } + ["pytorch_model.bin", "pytorch_model.bin.index.json"]

  /// Opens a `.safetensors`, `.gguf` or torch (`.ckpt`, `.pt`, `.pth`, `.bin`) file, the `*.json` index of a sharded one, or a folder that holds safetensors
  /// (or transformers' older torch files) under the names that diffusers and transformers use.
  public init(contentsOf url: URL) throws(CheckpointError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory), isDirectory.boolValue
    else {
      self.init(try Self.tensors(in: url), source: url.path)
      return
    }
    for name in Self.fileNames {
      let file = url.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      self.init(try Self.tensors(in: file), source: file.path)
      return
    }
    throw CheckpointError(
      file: url.path,
      fault: "holds no weights (looked for diffusion_pytorch_model.safetensors, model.safetensors)")
  }

  private static func tensors(in file: URL) throws(CheckpointError) -> [String: Tensor] {
    switch file.pathExtension {
    case "json": try ShardedSafetensors(index: file).tensors
    case "gguf": try GGUFFile(contentsOf: file).tensors
    case "ckpt", "pt", "pth", "bin": try TorchFile(contentsOf: file).tensors
    default: try SafetensorsFile(contentsOf: file).tensors
    }
  }
}
