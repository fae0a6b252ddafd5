import Foundation
import Tensors

extension GGUFFile {
  /// Writes tensors, one after another, in the order of their names, as GGUF version 3 beside its place, and renames it.
  ///
  /// - Parameter progress: called after each tensor; what it throws stops the work.
  public static func write(
    _ plans: [TensorPlan], metadata: [(key: String, value: String)], to url: URL,
    progress: (_ written: Int) throws -> Void = { _ in }
  ) throws {
    let ordered = plans.sorted { $0.name < $1.name }
    let head = try head(ordered, metadata, file: url.path)
    try FileAside.write(to: url) { file in
      try file.write(head)
      for (index, plan) in ordered.enumerated() {
        try file.write(plan.tensor(file: url.path))
        try file.write(zeros: padding(plan.byteCount))
        try progress(index + 1)
      }
    }
  }

  /// Bytes to the next multiple of the alignment, which is the format's default.
  private static func padding(_ count: Int) -> Int { (32 - count % 32) % 32 }

  private static func head(
    _ plans: [TensorPlan], _ metadata: [(key: String, value: String)], file: String
  ) throws(CheckpointError) -> Data {
    var data = Data("GGUF".utf8)
    func append<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    func append(_ text: String) {
      append(UInt64(text.utf8.count))
      data.append(contentsOf: text.utf8)
    }
    append(UInt32(3))
    append(UInt64(plans.count))
    append(UInt64(metadata.count))
    for (key, value) in metadata {
      append(key)
      append(UInt32(8))
      append(value)
    }
    var (end, names) = (0, Set<String>())
    for plan in plans {
      guard let type = plan.dtype.ggmlType, plan.shape.count <= 4 else {
        throw CheckpointError(
          file: file, fault: "GGUF cannot hold \(quoted(plan.name)) as \(plan.dtype.rawValue) \(plan.shape)")
      }
      guard names.insert(plan.name).inserted else {
        throw CheckpointError(file: file, fault: "two tensors would be \(quoted(plan.name))")
      }
      append(plan.name)
      // A scalar has one dimension here; the innermost comes first.
      let shape = plan.shape.isEmpty ? [1] : plan.shape
      append(UInt32(shape.count))
      for dimension in shape.reversed() { append(UInt64(dimension)) }
      append(type)
      append(UInt64(end))
      end += plan.byteCount + padding(plan.byteCount)
    }
    data.append(Data(count: padding(data.count)))
    return data
  }
}
