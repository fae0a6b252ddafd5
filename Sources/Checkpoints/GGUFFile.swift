import Foundation
import Tensors

/// A GGUF file of version 2 or 3, mapped: its tensors share the mapping and are read when they are touched.
public struct GGUFFile: Sendable {
  public let metadata: GGUFMetadata
  /// By the names in the file, in the types they are stored in, in row-major shape (the reverse of the file's order).
  public let tensors: [String: Tensor]

  public init(contentsOf url: URL) throws(CheckpointError) {
    try self.init(try mapFile(url), file: url.path)
  }

  init(_ storage: Storage, file: String) throws(CheckpointError) {
    let (values, tensors) = try naming(file) { () throws(Fault) in try Self.read(storage) }
    metadata = GGUFMetadata(values: values, file: file)
    self.tensors = tensors
  }

  private static func read(_ storage: Storage) throws(Fault) -> ([String: GGUFValue], [String: Tensor]) {
    let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)
    guard bytes.starts(with: "GGUF".utf8) else { throw Fault("not a GGUF file") }
    var reader = GGUFReader(bytes)
    _ = try reader.integer(UInt32.self)
    let version = try reader.integer(UInt32.self)
    guard version.byteSwapped != 2, version.byteSwapped != 3 else { throw Fault("a big-endian GGUF file") }
    guard version == 2 || version == 3 else { throw Fault("GGUF version \(version), only 2 and 3 are known") }
    let tensorCount = try reader.count(of: "tensors", minimumBytes: GGUFTensorInfo.minimumBytes)
    let valueCount = try reader.count(of: "metadata values", minimumBytes: 8 + 4 + 1)

    var values: [String: GGUFValue] = [:]
    for _ in 0..<valueCount {
      let key = try reader.string()
      let value: GGUFValue
      do {
        value = try reader.value()
      } catch {
        throw Fault("\(error.message) (in metadata \(quoted(key)))")
      }
      guard values.updateValue(value, forKey: key) == nil else {
        throw Fault("has metadata \(quoted(key)) twice")
      }
    }
    var infos: [GGUFTensorInfo] = []
    for _ in 0..<tensorCount { infos.append(try GGUFTensorInfo(&reader)) }

    let alignment = try alignment(values)
    let dataStart = (reader.position + alignment - 1) & -alignment
    try check(infos, alignment: alignment, dataBytes: bytes.count - dataStart)
    var tensors: [String: Tensor] = [:]
    for info in infos {
      let tensor = Tensor(
        aligning: storage, byteOffset: dataStart + info.offset, shape: info.shape, dtype: info.dtype)
      guard tensors.updateValue(tensor, forKey: info.name) == nil else {
        throw Fault("has tensor \(quoted(info.name)) twice")
      }
    }
    return (values, tensors)
  }

  private static func alignment(_ values: [String: GGUFValue]) throws(Fault) -> Int {
    guard let value = values["general.alignment"] else { return 32 }
    guard case .integer(let alignment) = value, (1...1 << 20).contains(alignment),
      alignment & (alignment - 1) == 0
    else { throw Fault("its general.alignment is not a power of two up to 2^20") }
    return alignment
  }

  /// Tensors must be aligned, lie inside the file and not overlap.
  private static func check(_ infos: [GGUFTensorInfo], alignment: Int, dataBytes: Int) throws(Fault) {
    var end = 0
    for info in infos.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
      guard info.offset % alignment == 0 else {
        throw Fault("tensor \(quoted(info.name)) lies at \(info.offset), not a multiple of \(alignment)")
      }
      guard info.offset >= end else { throw Fault("tensor \(quoted(info.name)) overlaps the one before it") }
      end = info.offset + info.byteCount
      guard end <= dataBytes else {
        throw Fault("truncated: tensor \(quoted(info.name)) ends \(end - dataBytes) bytes beyond the file")
      }
    }
  }
}
