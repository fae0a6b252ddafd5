import Foundation
import Tensors

extension Weights {
  /// Files that hold a model's weights in a diffusers or transformers folder, in order of preference: whole or sharded,
  /// safetensors before torch's, full precision before its variants.
  private static let fileNames: [String] = {
    let variants = ["", ".fp16", ".bf16", ".fp32", ".non_ema"]
    let kinds = [("diffusion_pytorch_model", "safetensors"), ("model", "safetensors")]
    let torch = [("diffusion_pytorch_model", "bin"), ("pytorch_model", "bin")]
    return [kinds, torch].flatMap { kinds in
      variants.flatMap { variant in
        kinds.flatMap { stem, kind in
          [
            "\(stem)\(variant).\(kind)", "\(stem).\(kind).index\(variant).json",
            "\(stem)\(variant).\(kind).index.json",
          ]
        }
      }
    }
  }()

  /// Opens a `.safetensors`, `.gguf` or torch (`.ckpt`, `.pt`, `.pth`, `.bin`) file, the `*.json` index of a sharded one,
  /// or a folder that holds weights under the names that diffusers and transformers use.
  ///
  /// - Parameter variant: `fp16`, say: take that variant of a folder's files, where it is there, before all others.
  public init(contentsOf url: URL, variant: String? = nil) throws(CheckpointError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory), isDirectory.boolValue
    else {
      self.init(try Self.tensors(in: url), source: url.path)
      return
    }
    let preferred = variant.map { variant in Self.fileNames.filter { $0.contains(".\(variant).") } } ?? []
    for name in preferred + Self.fileNames {
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
    file.pathExtension == "json"
      ? try ShardedSafetensors(index: file).tensors : try TensorFile(contentsOf: file).tensors
  }
}
