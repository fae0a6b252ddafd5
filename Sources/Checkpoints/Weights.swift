import Synchronization
import Tensors

/// A scoped view of the named tensors of a checkpoint. `weights["attn"]["to_q"].tensor("weight", [out, in])` reads
/// `attn.to_q.weight`, checks its shape, and remembers that it was read; `verifyAllRead` then finds what nobody wanted.
public struct Weights: Sendable {
  private let tensors: [String: Tensor]
  private let readNames: ReadNames
  private let prefix: String
  /// The file or folder the tensors came from, for messages.
  public let source: String
  /// The arithmetic of the layers that are made from these tensors.
  public var precision = Precision.f32

  /// - Parameter tensors: by full name, in the types they are stored in.
  public init(_ tensors: [String: Tensor], source: String) {
    self.init(tensors: tensors, readNames: ReadNames(), prefix: "", source: source)
  }

  private init(
    tensors: [String: Tensor], readNames: ReadNames, prefix: String, source: String,
    precision: Precision = .f32
  ) {
    self.precision = precision
    self.tensors = tensors
    self.readNames = readNames
    self.prefix = prefix
    self.source = source
  }

  /// The tensors below `scope`.
  public subscript(_ scope: String) -> Weights {
    Weights(
      tensors: tensors, readNames: readNames, prefix: prefix + scope + ".", source: source,
      precision: precision)
  }

  /// The same tensors for layers of another arithmetic.
  public func with(_ precision: Precision) -> Weights {
    var copy = self
    copy.precision = precision
    return copy
  }

  /// The same tensors for layers that bytes would hurt.
  public var sensitive: Weights { precision == .int8 ? with(.bf16) : self }

  /// The tensors below a numbered scope, as in `blocks.0`.
  public subscript(_ index: Int) -> Weights { self["\(index)"] }

  /// The same tensors under translated full names; what was read so far is forgotten.
  public func renamed(_ translate: (String) -> String) throws(WeightsError) -> Weights {
    var renamed: [String: Tensor] = [:]
    for (name, tensor) in tensors {
      let newName = translate(name)
      guard renamed.updateValue(tensor, forKey: newName) == nil else {
        throw .ambiguous(newName, source: source)
      }
    }
    return Weights(
      tensors: renamed, readNames: ReadNames(), prefix: prefix, source: source, precision: precision)
  }

  /// All tensors by full name, none of which counts as read.
  public var all: [String: Tensor] { tensors }

  /// Only the tensors whose full names pass; what was read so far is forgotten.
  public func filtered(_ isIncluded: (String) -> Bool) -> Weights {
    Weights(
      tensors: tensors.filter { isIncluded($0.key) }, readNames: ReadNames(), prefix: prefix, source: source)
  }

  /// Whether a tensor of this name exists; does not count as reading it.
  public func has(_ name: String) -> Bool { tensors[prefix + name] != nil }

  /// The stored shape of a tensor, nil if there is none; does not count as reading it.
  public func shape(of name: String) -> [Int]? { tensors[prefix + name]?.shape }

  /// The stored shape of every tensor, by full name; does not count as reading them.
  public var shapes: [String: [Int]] { tensors.mapValues(\.shape) }

  /// The tensor as it is stored.
  public func tensor(_ name: String, _ shape: [Int]) throws(WeightsError) -> Tensor {
    try tensor(name, anyOf: [shape])
  }

  /// The tensor as it is stored, in one of several shapes that mean the same; returned in the first.
  public func tensor(_ name: String, anyOf shapes: [[Int]]) throws(WeightsError) -> Tensor {
    let key = prefix + name
    guard let tensor = tensors[key] else { throw .missing(key, source: source) }
    guard shapes.contains(tensor.shape) else {
      throw .wrongShape(key, expected: shapes[0], found: tensor.shape, source: source)
    }
    readNames.insert(key)
    return tensor.reshaped(shapes[0])
  }

  /// The tensor in fp32, every value finite.
  public func float32(_ name: String, _ shape: [Int]) throws(WeightsError) -> Tensor {
    try float32(name, anyOf: [shape])
  }

  /// The tensor in fp32, every value finite, in one of several shapes that mean the same; returned in the first.
  public func float32(_ name: String, anyOf shapes: [[Int]]) throws(WeightsError) -> Tensor {
    let tensor = try tensor(name, anyOf: shapes).float32()
    guard tensor.isFinite else { throw notFinite(name) }
    return tensor
  }

  /// The error that blames a tensor of this scope for values that are no numbers.
  public func notFinite(_ name: String) -> WeightsError { .notFinite(prefix + name, source: source) }

  /// A weight in the form that products take, every value finite; `shapes` mean the same.
  public func packed(
    _ name: String, anyOf shapes: [[Int]], gated: Bool = false
  ) throws(WeightsError) -> PackedMatrix {
    let tensor = try tensor(name, anyOf: shapes)
    guard let packed = PackedMatrix(tensor, precision: precision, gated: gated) else {
      throw notFinite(name)
    }
    return packed
  }

  /// A convolution's weight (out, in, kh, kw) in the form that convolutions take, every value finite.
  public func packed(
    _ name: String, _ shape: [Int], _ geometry: ConvolutionGeometry, pixels: Int = 0
  ) throws(WeightsError) -> PackedConvolution {
    let tensor = try tensor(name, shape)
    guard let packed = PackedConvolution(tensor, geometry, precision: precision, pixels: pixels) else {
      throw notFinite(name)
    }
    return packed
  }

  /// Fails if a tensor below this scope was never read, unless its full name is known to carry nothing.
  public func verifyAllRead(ignoring isIgnored: (String) -> Bool = { _ in false }) throws(WeightsError) {
    let read = readNames.all
    let unread = tensors.keys.filter { $0.hasPrefix(prefix) && !read.contains($0) && !isIgnored($0) }
    guard unread.isEmpty else { throw .unread(unread.sorted(), source: source) }
  }
}

/// What is wrong with a checkpoint's tensors, naming the first offender.
public enum WeightsError: Error, Equatable, CustomStringConvertible {
  case missing(String, source: String)
  case wrongShape(String, expected: [Int], found: [Int], source: String)
  case notFinite(String, source: String)
  case unread([String], source: String)
  case ambiguous(String, source: String)

  public var description: String {
    switch self {
    case .missing(let name, let source): "\(source): tensor \(printable(name)) is missing"
    case .wrongShape(let name, let expected, let found, let source):
      "\(source): tensor \(printable(name)) has shape \(found), expected \(expected)"
    case .notFinite(let name, let source):
      "\(source): tensor \(printable(name)) holds NaN or infinity; the file is damaged"
    case .unread(let names, let source):
      "\(source): nothing uses tensor \(printable(names[0]))"
        + (names.count > 1 ? " and \(names.count - 1) more" : "")
        + "; the file does not fit its configuration"
    case .ambiguous(let name, let source): "\(source): two tensors mean \(printable(name))"
    }
  }
}

/// The names read so far, shared by all scopes of one checkpoint.
private final class ReadNames: Sendable {
  private let names = Mutex<Set<String>>([])
  func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
  var all: Set<String> { names.withLock { $0 } }
}
