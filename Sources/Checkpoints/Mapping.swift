import Foundation
import Tensors

/// Maps a checkpoint's file.
func mapFile(_ url: URL) throws(CheckpointError) -> Storage {
  do {
    return try Storage(mapping: url)
  } catch {
    throw CheckpointError(file: url.path, fault: "cannot be read: \(error.reason)")
  }
}

extension Tensor {
  /// A view of `storage`, or a copy where the view would not be aligned to its elements.
  init(aligning storage: Storage, byteOffset: Int, shape: [Int], dtype: DType) {
    let view = Tensor(storage: storage, byteOffset: byteOffset, shape: shape, dtype: dtype)
    guard dtype.blockSize == 1, byteOffset % dtype.blockBytes != 0 else {
      self = view
      return
    }
    let copy = Storage(byteCount: view.byteCount)
    view.withBytes {
      if let source = $0.baseAddress { copy.base.copyMemory(from: source, byteCount: $0.count) }
    }
    self.init(storage: copy, byteOffset: 0, shape: shape, dtype: dtype)
  }
}
