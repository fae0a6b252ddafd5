import Foundation
import Tensors

/// A checkpoint written by `torch.save` (1.6 or later; .ckpt, .pt, .pth, .bin), mapped. Its pickle is interpreted as
/// data and nothing in it is executed, so that a file from anywhere is safe to open.
public struct TorchFile: Sendable {
  /// The tensors of the state dictionary: the file's top level, or its member `state_dict` or
  /// `string_to_param`.
  public let tensors: [String: Tensor]
  /// Training steps, where a training framework has noted them at the top level.
  public let globalStep: Int?

  public init(contentsOf url: URL) throws(CheckpointError) {
    try self.init(try mapFile(url), file: url.path)
  }

  init(_ storage: Storage, file: String) throws(CheckpointError) {
    (tensors, globalStep) = try naming(file) { () throws(Fault) in try Self.read(storage) }
  }

  private static func read(_ storage: Storage) throws(Fault) -> ([String: Tensor], Int?) {
    let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)
    guard bytes.starts(with: "PK".utf8) else {
      throw Fault(
        bytes.first == 0x80
          ? "in torch's format from before 1.6; load it in torch and save it again" : "not a torch checkpoint"
      )
    }
    let entries = try ZipArchive(bytes).entries
    let pickles = entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.filter { $0 == "/" }.count == 1 }
    guard pickles.count == 1, let range = entries[pickles[0]] else {
      throw Fault("not a torch checkpoint: no data.pkl")
    }
    let folder = pickles[0].dropLast("data.pkl".count)
    if let order = entries["\(folder)byteorder"], bytes[order].elementsEqual("big".utf8) {
      throw Fault("a big-endian torch checkpoint")
    }
    let pickle = try Unpickler.read(UnsafeRawBufferPointer(rebasing: bytes[range]))
    var tensors: [String: Tensor] = [:]
    var spareBytes = maximumRepetition
    for (name, value) in try stateDictionary(pickle) {
      switch value {
      case .tensor(let index):
        let view = pickle.tensors[index]
        guard let data = entries["\(folder)data/\(view.storage.key)"] else {
          throw Fault("tensor \(quoted(name)) has no data")
        }
        tensors[name] = try tensor(named: name, view, storage, data, &spareBytes)
      case .other(let kind) where kind.hasPrefix("torch."):
        throw Fault("tensor \(quoted(name)) is made by \(quoted(kind)), which is not supported")
      default: break  // counters and settings that are kept beside the tensors
      }
    }
    return (tensors, globalStep(pickle))
  }

  private static func globalStep(_ pickle: Pickle) -> Int? {
    guard case .dict(let root) = pickle.root, case .int(let step)? = pickle.members(root)["global_step"]
    else {
      return nil
    }
    return step
  }

  private static func stateDictionary(_ pickle: Pickle) throws(Fault) -> [String: PickleValue] {
    guard case .dict(let root) = pickle.root else { throw Fault("holds no state dictionary") }
    let members = pickle.members(root)
    if case .dict(let inner)? = members["state_dict"] { return pickle.members(inner) }
    guard case .dict(let inner)? = members["string_to_param"] else { return members }
    // An embedding of AUTOMATIC1111's.
    return Dictionary(pickle.members(inner).map { ("string_to_param.\($0.key)", $0.value) }) { first, _ in
      first
    }
  }

  /// Bytes that all tensors of a file may take beyond those that it stores, where strides repeat elements: a few bytes
  /// could name any size.
  private static let maximumRepetition = 1 << 27

  /// The tensor's elements, shared with the file where they are contiguous in it.
  private static func tensor(
    named name: String, _ view: Pickle.TensorView, _ storage: Storage, _ data: Range<Int>,
    _ spareBytes: inout Int
  )
    throws(Fault) -> Tensor
  {
    let dtype = view.storage.dtype
    let impossible = Fault("tensor \(quoted(name)) does not fit its data")
    guard view.shape.count <= 64, let byteCount = dtype.byteCount(of: view.shape),
      let stored = dtype.byteCount(of: [view.storage.count]), stored <= data.count, view.offset >= 0
    else { throw impossible }
    if byteCount > stored { spareBytes -= min(byteCount - stored, maximumRepetition + 1) }
    guard spareBytes >= 0 else { throw impossible }
    let count = byteCount / dtype.blockBytes
    guard count > 0 else {
      return Tensor(storage: storage, byteOffset: data.lowerBound, shape: view.shape, dtype: dtype)
    }
    // The last element that the strides reach must be stored.
    var last = view.offset
    for (dimension, stride) in zip(view.shape, view.strides) {
      let (reach, overflow) = (dimension - 1).multipliedReportingOverflow(by: stride)
      guard stride >= 0, !overflow, reach <= view.storage.count, last <= view.storage.count else {
        throw impossible
      }
      last += reach
    }
    guard last < view.storage.count else { throw impossible }
    if view.isContiguous {
      return Tensor(
        aligning: storage, byteOffset: data.lowerBound + view.offset * dtype.blockBytes, shape: view.shape,
        dtype: dtype)
    }
    return view.gathered(from: storage.base + data.lowerBound)
  }
}
