import Foundation
import Tensors

extension SafetensorsFile {
  /// Writes tensors in the types they are stored in (none in blocks: safetensors has no names for those). Wide types come
  /// first, so that all are aligned, then names decide: equal tensors give equal bytes. The file is written beside its
  /// place and renamed.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to url: URL
  ) throws(CheckpointError) {
    let ordered = tensors.sorted {
      (-$0.value.dtype.blockBytes, $0.key) < (-$1.value.dtype.blockBytes, $1.key)
    }
    let header = try header(ordered, metadata, file: url.path)
    let temporary = url.deletingLastPathComponent()
      .appending(path: ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part")
    func failure() -> CheckpointError {
      CheckpointError(file: url.path, fault: String(cString: strerror(errno)))
    }
    guard let file = fopen(temporary.path, "wb") else { throw failure() }
    var isWritten = header.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    for (_, tensor) in ordered where isWritten && tensor.byteCount > 0 {
      isWritten = tensor.withBytes { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    }
    isWritten = isWritten && fflush(file) == 0 && fsync(fileno(file)) == 0
    let error = isWritten ? nil : failure()
    fclose(file)
    if let error {
      unlink(temporary.path)
      throw error
    }
    guard rename(temporary.path, url.path) == 0 else {
      let error = failure()
      unlink(temporary.path)
      throw error
    }
  }

  /// The length of the JSON, and the JSON, padded so that the data after it is aligned.
  private static func header(
    _ tensors: [(key: String, value: Tensor)], _ metadata: [String: String], file: String
  ) throws(CheckpointError) -> Data {
    var entries: [String: Entry] = [:]
    var end = 0
    for (name, tensor) in tensors {
      guard let type = tensor.dtype.safetensorsName else {
        throw CheckpointError(
          file: file, fault: "safetensors cannot hold \(quoted(name)) as \(tensor.dtype.rawValue)")
      }
      entries[name] = .tensor(dtype: type, shape: tensor.shape, offsets: [end, end + tensor.byteCount])
      end += tensor.byteCount
    }
    if !metadata.isEmpty { entries["__metadata__"] = .metadata(metadata) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var json = try? encoder.encode(entries) else {
      throw CheckpointError(file: file, fault: "its header cannot be encoded")
    }
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
  }

  private enum Entry: Encodable {
    case tensor(dtype: String, shape: [Int], offsets: [Int])
    case metadata([String: String])

    private enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .metadata(let values): try values.encode(to: encoder)
      case .tensor(let dtype, let shape, let offsets):
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(dtype, forKey: .dtype)
        try values.encode(shape, forKey: .shape)
        try values.encode(offsets, forKey: .offsets)
      }
    }
  }
}
