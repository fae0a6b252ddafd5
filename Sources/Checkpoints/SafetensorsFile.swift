import Foundation
import Tensors

/// A safetensors file, mapped: its tensors share the mapping and are read when they are touched. Accepts exactly the
/// layout that the reference library does (tensors tile the data without holes), and rejects duplicate names too.
public struct SafetensorsFile: Sendable {
  /// By name, in the types they are stored in.
  public let tensors: [String: Tensor]
  /// The free-form `__metadata__`; empty if there is none.
  public let metadata: [String: String]

  /// The reference implementation's limit on the header.
  private static let maximumHeaderBytes = 100_000_000

  public init(contentsOf url: URL) throws(CheckpointError) {
    try self.init(try mapFile(url), file: url.path)
  }

  init(_ storage: Storage, file: String) throws(CheckpointError) {
    (tensors, metadata) = try naming(file) { () throws(Fault) in
      let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)
      guard bytes.count >= 8 else { throw Fault("too short to be a safetensors file (\(bytes.count) bytes)") }
      let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      guard length <= Self.maximumHeaderBytes else {
        throw Fault("not a safetensors file: its header would be \(length) bytes long")
      }
      guard Int(length) <= bytes.count - 8 else {
        throw Fault("truncated: the header is \(length) bytes long, the file only \(bytes.count)")
      }
      let start = 8 + Int(length)
      let header = try SafetensorsHeader(UnsafeRawBufferPointer(rebasing: bytes[8..<start]))
      try header.checkTiling(of: bytes.count - start)
      let tensors = header.entries.mapValues { entry in
        Tensor(
          aligning: storage, byteOffset: start + entry.offsets.lowerBound, shape: entry.shape,
          dtype: entry.dtype)
      }
      return (tensors, header.metadata)
    }
  }
}
