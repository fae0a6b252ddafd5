import Foundation
import Tensors

/// A model split over several files, safetensors or torch's, found through its `*.index.json`.
public struct ShardedSafetensors: Sendable {
  /// The tensors of all shards, by name.
  public let tensors: [String: Tensor]

  /// Opens every shard that the index names; they must lie beside it and hold what it says.
  public init(index url: URL) throws(CheckpointError) {
    let storage = try mapFile(url)
    let shardNames = try naming(url.path) { () throws(Fault) in
      try Self.weightMap(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
    }
    let folder = url.deletingLastPathComponent()
    var tensors: [String: Tensor] = [:]
    var shardOf: [String: String] = [:]
    for shard in Set(shardNames.values).sorted() {
      // A plain name only: an index must not reach outside its folder.
      guard !shard.isEmpty, shard != ".", shard != "..", !shard.contains(where: { "/\\\0".contains($0) })
      else {
        throw CheckpointError(file: url.path, fault: "names \(quoted(shard)), which is not a file beside it")
      }
      for (name, tensor) in try TensorFile(contentsOf: folder.appending(path: shard)).tensors {
        if let other = shardOf.updateValue(shard, forKey: name) {
          throw CheckpointError(
            file: url.path, fault: "tensor \(quoted(name)) is in both \(other) and \(shard)")
        }
        tensors[name] = tensor
      }
    }
    for (name, shard) in shardNames where shardOf[name] != shard {
      throw CheckpointError(file: url.path, fault: "tensor \(quoted(name)) is not in \(shard)")
    }
    self.tensors = tensors
  }

  private static func weightMap(_ json: UnsafeRawBufferPointer) throws(Fault) -> [String: String] {
    var scanner = JSONScanner(json)
    var shardNames: [String: String]?
    try scanner.object { (scanner, key) throws(Fault) in
      guard key == "weight_map" else { return try scanner.skipValue() }
      var map: [String: String] = [:]
      try scanner.object { (scanner, name) throws(Fault) in map[name] = try scanner.string() }
      shardNames = map
    }
    try scanner.end()
    guard let shardNames else { throw Fault("has no weight_map") }
    return shardNames
  }
}
