import Foundation
import Tensors

extension SafetensorsFile {
  /// Writes tensors in the types they are stored in (none in blocks: safetensors has no names for those). Wide types come
  /// first, so that all are aligned, then names decide: equal tensors give equal bytes. The file is written beside its
  /// place and renamed.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to url: URL
  ) throws(CheckpointError) {
    do {
      try write(tensors.map { TensorPlan($0.key, $0.value) }, metadata: metadata, to: url)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError(file: url.path, fault: "\(error)")
    }
  }

  /// As above, making one tensor after another.
  ///
  /// - Parameter progress: called after each tensor; what it throws stops the work.
  public static func write(
    _ plans: [TensorPlan], metadata: [String: String] = [:], to url: URL,
    progress: (_ written: Int) throws -> Void = { _ in }
  ) throws {
    let ordered = plans.sorted { (-$0.dtype.blockBytes, $0.name) < (-$1.dtype.blockBytes, $1.name) }
    let header = try header(ordered, metadata, file: url.path)
    try FileAside.write(to: url) { file in
      try file.write(header)
      for (index, plan) in ordered.enumerated() {
        try file.write(plan.tensor(file: url.path))
        try progress(index + 1)
      }
    }
  }

  /// The length of the JSON, and the JSON, padded so that the data after it is aligned.
  private static func header(
    _ plans: [TensorPlan], _ metadata: [String: String], file: String
  ) throws(CheckpointError) -> Data {
    var entries: [String: Entry] = [:]
    var end = 0
    for plan in plans {
      guard let type = plan.dtype.safetensorsName else {
        throw CheckpointError(
          file: file, fault: "safetensors cannot hold \(quoted(plan.name)) as \(plan.dtype.rawValue)")
      }
      let entry = Entry.tensor(dtype: type, shape: plan.shape, offsets: [end, end + plan.byteCount])
      guard entries.updateValue(entry, forKey: plan.name) == nil else {
        throw CheckpointError(file: file, fault: "two tensors would be \(quoted(plan.name))")
      }
      end += plan.byteCount
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
