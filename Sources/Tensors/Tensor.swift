/// An immutable-by-default array of numbers with a shape: a value whose storage is shared until it is written to.
/// Elements are always contiguous in row-major order. Pictures are laid out (N, H, W, C), tokens (N, T, C).
public struct Tensor: Sendable {
  public let shape: [Int]
  public let dtype: DType
  private var storage: Storage
  private let byteOffset: Int

  /// A view of `storage`; the range must lie inside it.
  public init(storage: Storage, byteOffset: Int, shape: [Int], dtype: DType) {
    guard let bytes = dtype.byteCount(of: shape), byteOffset >= 0, byteOffset <= storage.byteCount - bytes
    else { preconditionFailure("tensor outside its storage") }
    self.storage = storage
    self.byteOffset = byteOffset
    self.shape = shape
    self.dtype = dtype
  }

  /// fp32 elements that `fill` must write, all of them.
  public init(shape: [Int], fill: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
    guard let bytes = DType.float32.byteCount(of: shape) else {
      preconditionFailure("impossible shape \(shape)")
    }
    self.init(storage: Storage(byteCount: bytes), byteOffset: 0, shape: shape, dtype: .float32)
    try fill(storage.base.assumingMemoryBound(to: Float.self))
  }

  /// Elements that the caller must write, all of them.
  init(uninitialized shape: [Int], _ dtype: DType) {
    guard let bytes = dtype.byteCount(of: shape) else { preconditionFailure("impossible shape \(shape)") }
    self.init(storage: Storage(byteCount: bytes), byteOffset: 0, shape: shape, dtype: dtype)
  }

  public init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
    self.init(shape: shape) { $0.update(from: values, count: values.count) }
  }

  public init(repeating value: Float, shape: [Int]) {
    let count = shape.reduce(1, *)
    self.init(shape: shape) { $0.update(repeating: value, count: count) }
  }

  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(repeating: 0, shape: shape) }

  public var count: Int { shape.reduce(1, *) }
  public var byteCount: Int { count / dtype.blockSize * dtype.blockBytes }

  /// A dimension; negative ones count from the end.
  public func dim(_ axis: Int) -> Int { shape[axis < 0 ? shape.count + axis : axis] }

  // MARK: Elements

  /// The bytes as stored, for as long as `body` runs.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
    }
  }

  /// The fp32 elements, for as long as `body` runs.
  public func withFloats<R>(_ body: (UnsafePointer<Float>) throws -> R) rethrows -> R {
    precondition(dtype == .float32, "fp32 expected, not \(dtype)")
    return try withExtendedLifetime(storage) {
      try body(UnsafePointer((storage.base + byteOffset).assumingMemoryBound(to: Float.self)))
    }
  }

  /// The fp32 elements to write to; copied first if anyone shares them.
  public mutating func withMutableFloats<R>(_ body: (UnsafeMutablePointer<Float>) throws -> R) rethrows -> R {
    precondition(dtype == .float32, "fp32 expected, not \(dtype)")
    if storage.isMapped || !isKnownUniquelyReferenced(&storage) {
      self = Tensor(shape: shape) { new in withFloats { new.update(from: $0, count: count) } }
    }
    return try withExtendedLifetime(storage) {
      try body((storage.base + byteOffset).assumingMemoryBound(to: Float.self))
    }
  }

  /// The bytes of a tensor that was just made and is nobody else's yet.
  func withNewBytes<R>(_ body: (UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) { try body(storage.base + byteOffset) }
  }

  /// The elements are not needed for a while: memory that pages of a mapped file occupy may be taken back.
  func releasePages() { storage.releasePages(byteOffset..<byteOffset + byteCount) }

  /// All elements as fp32.
  public var floats: [Float] {
    float32().withFloats { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  // MARK: Views

  /// The same elements in another shape; one dimension may be −1.
  public func reshaped(_ newShape: [Int]) -> Tensor {
    var shape = newShape
    if let free = shape.firstIndex(of: -1) {
      let known = shape.enumerated().reduce(1) { $1.offset == free ? $0 : $0 * $1.element }
      shape[free] = known == 0 ? 0 : count / known
    }
    precondition(shape.reduce(1, *) == count, "\(self.shape) does not reshape to \(newShape)")
    return Tensor(storage: storage, byteOffset: byteOffset, shape: shape, dtype: dtype)
  }

  /// Rows `range` of the first dimension, sharing storage.
  public subscript(range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(shape)")
    let skipped = range.lowerBound * shape.dropFirst().reduce(1, *)
    precondition(skipped % dtype.blockSize == 0, "\(range) starts within a block")
    return Tensor(
      storage: storage, byteOffset: byteOffset + skipped / dtype.blockSize * dtype.blockBytes,
      shape: [range.count] + shape.dropFirst(), dtype: dtype)
  }

  /// Row `index` of the first dimension, without that dimension.
  public subscript(index: Int) -> Tensor { self[index..<index + 1].reshaped(Array(shape.dropFirst())) }
}

extension Tensor: CustomStringConvertible {
  public var description: String { "Tensor(\(shape), \(dtype.rawValue))" }
}
