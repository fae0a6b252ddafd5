import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Bytes in memory as a file would be mapped.
func storage(_ bytes: [UInt8]) -> Storage {
  let storage = Storage(byteCount: bytes.count)
  bytes.withUnsafeBytes {
    if let base = $0.baseAddress { storage.base.copyMemory(from: base, byteCount: $0.count) }
  }
  return storage
}

func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian, Array.init)
}

/// A safetensors file with `header` as it is, then `dataBytes` zeros.
func safetensors(_ header: String, _ dataBytes: Int = 0) -> [UInt8] {
  littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: dataBytes)
}

/// Pieces of GGUF files, valid or not.
enum GGUFBytes {
  static func string(_ text: String) -> [UInt8] { littleEndian(UInt64(text.utf8.count)) + Array(text.utf8) }

  static func value(_ key: String, type: UInt32, _ payload: [UInt8]) -> [UInt8] {
    string(key) + littleEndian(type) + payload
  }

  /// An entry for a tensor; `dimensions` in the file's order.
  static func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) -> [UInt8]
  {
    string(name) + littleEndian(UInt32(dimensions.count)) + dimensions.flatMap(littleEndian)
      + littleEndian(type)
      + littleEndian(offset)
  }

  static func file(
    version: UInt32 = 3, values: [[UInt8]] = [], tensors: [[UInt8]] = [], valueCount: UInt64? = nil,
    tensorCount: UInt64? = nil, alignment: Int = 32, dataBytes: Int = 0
  ) -> [UInt8] {
    var bytes = Array("GGUF".utf8) + littleEndian(version)
    bytes +=
      littleEndian(tensorCount ?? UInt64(tensors.count)) + littleEndian(valueCount ?? UInt64(values.count))
    bytes += (values + tensors).flatMap { $0 }
    bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment + dataBytes)
    return bytes
  }
}

/// A file that a reader must reject with a message that has `word`.
struct BadFile: CustomTestStringConvertible {
  let bytes: [UInt8]
  let word: String
  init(_ bytes: [UInt8], _ word: String) { (self.bytes, self.word) = (bytes, word) }
  var testDescription: String { word }
}

/// What a reader says about a bad file; nil if it accepts it.
func fault(_ read: () throws(CheckpointError) -> Void) -> String? {
  do throws(CheckpointError) {
    try read()
    return nil
  } catch {
    return error.description
  }
}

/// A folder for the duration of `body`.
func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appending(path: "checkpoints-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
