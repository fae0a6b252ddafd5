import Tensors

/// A tensor that is going to be written: what a file's head must say of it, and where its elements come from when their
/// turn comes, so that no more than one has to be in memory.
public struct TensorPlan: Sendable {
  public var name: String
  public let shape: [Int]
  public let dtype: DType
  private let make: @Sendable () throws -> Tensor

  /// - Parameter make: gives the tensor in any floating-point type; it is converted to `dtype`.
  public init(_ name: String, _ shape: [Int], _ dtype: DType, make: @escaping @Sendable () throws -> Tensor) {
    self.name = name
    self.shape = shape
    self.dtype = dtype
    self.make = make
  }

  /// The tensor as it is.
  public init(_ name: String, _ tensor: Tensor) {
    self.init(name, tensor.shape, tensor.dtype) { tensor }
  }

  /// - Throws: a `CheckpointError` that names `file` and the tensor if its values do not fit the type.
  func tensor(file: String) throws -> Tensor {
    let tensor = try make()
    precondition(tensor.shape == shape, "\(name): made as \(tensor.shape), planned as \(shape)")
    guard tensor.dtype != dtype else { return tensor }
    guard tensor.isFinite else {
      throw CheckpointError(file: file, fault: "tensor \(quoted(name)) holds NaN or infinity")
    }
    let converted = dtype.blockSize > 1 ? tensor.quantized(to: dtype) : tensor.converted(to: dtype)
    // Blocks have fp16 scales.
    guard converted.isFinite else {
      throw CheckpointError(
        file: file, fault: "tensor \(quoted(name)) holds values beyond fp16's range; use bf16 or f32")
    }
    return converted
  }

  var byteCount: Int { dtype.byteCount(of: shape) ?? 0 }
}
